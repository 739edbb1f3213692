"""JupyterLab in a real browser: a lock of a cell, the toolbar button, and opening again.

One server and one browser for all: a run takes 20 s and more. Everything that needs no page is in test_comm.py and in
labextension/test/.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from conftest import PREFIX, wait_for

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
EXTENSION = PREFIX / "share/jupyter/labextensions/jupyterlab-thoth/package.json"
INDEX = pathlib.Path(__file__).parents[2] / "examples/index"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]

pytestmark = [
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here"),
    pytest.mark.skipif(not EXTENSION.exists(), reason="the JupyterLab extension was not built (it needs node)"),
]


def notebook(*sources, metadata=None):
    return {
        "cells": [{"cell_type": "code", "execution_count": None, "id": f"cell-{i}", "metadata": {}, "outputs": [],
                   "source": source} for i, source in enumerate(sources)],
        "metadata": {"kernelspec": {"display_name": "Python 3 (thoth)", "language": "python", "name": "thoth-python3"},
                     "language_info": {"name": "python"}, **(metadata or {})},
        "nbformat": 4, "nbformat_minor": 5,
    }


class Lab:
    """A server on a folder of its own, and a browser with one page."""

    def __init__(self, folder, browser, **variables):
        self.folder, self.browser = folder, browser
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir()
        home = folder / "home"
        news = home / "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
        news.parent.mkdir(parents=True)
        news.write_text('{"fetchNews": "false", "checkForUpdates": false}')  # its toast covers a corner
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("THOTH_", "JUPYTER", "JPY_"))}
        environment |= {"HOME": str(home), "IPYTHONDIR": str(home / "ipython"), "THOTH_INDEX_URL": INDEX.as_uri(),
                        "PATH": f"{PREFIX}/bin:{os.environ['PATH']}",
                        **{f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")},
                        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
                        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"), **variables}
        self.log = open(folder / "server.log", "wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0",
             "--IdentityProvider.token=", "--ServerApp.password=", "--ServerApp.disable_check_xsrf=True",
             f"--ServerApp.root_dir={self.notebooks}"],
            env=environment, stdout=self.log, stderr=subprocess.STDOUT)
        self.url = wait_for(self.find_url, 60, "the server")
        self.page = browser.new_page()
        self.page.set_default_timeout(30000)
        self.console = []
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"pageerror: {error}"))

    def find_url(self):
        found = re.search(rb"(http://127\.0\.0\.1:\d+)/lab", pathlib.Path(self.log.name).read_bytes())
        return found and found[1].decode()

    def write(self, name, content):
        (self.notebooks / name).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")

    def read(self, name):
        """The notebook in the file; the server writes in place, so half of it may be there."""

        def whole():
            try:
                return json.loads((self.notebooks / name).read_text())
            except json.JSONDecodeError:
                return None

        return wait_for(whole, what="a whole file")

    def open(self, name):
        self.page.goto(f"{self.url}/lab/tree/{name}?reset")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell .cm-content")
        self.wait_idle(name)

    def request(self, method, path, data=None):
        request = urllib.request.Request(self.url + path, method=method, data=json.dumps(data).encode() if data else None)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def kernel_of(self, name):
        return next(s["kernel"]["id"] for s in self.request("GET", "/api/sessions") if s["path"] == name)

    def wait_idle(self, name):
        """The server knows when the kernel is ready; the page says so too early."""

        def ready():
            try:
                kernels = [s["kernel"] for s in self.request("GET", "/api/sessions") if s["path"] == name]
                return any(k["execution_state"] == "idle" and k["connections"] > 0 for k in kernels)
            except urllib.error.HTTPError:
                return False  # a kernel that has no time of last activity yet is an error to the server

        wait_for(ready, 60, "the kernel")

    def run_cell(self, n):
        """Run the n-th cell, counted from 0, and wait for its end."""
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").nth(n)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        wait_for(lambda: re.search(r"\[\d+\]", cell.locator(".jp-InputPrompt").inner_text()), 60, f"the end of cell {n}")

    @property
    def lock_button(self):
        return self.page.locator('[data-jp-item-name="thoth-lock"] jp-button')

    def is_dirty(self):
        return self.page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current.jp-mod-dirty").count() > 0

    def shot(self, name):
        """A picture, kept for who debugs."""
        self.page.screenshot(path=str(self.folder / f"{name}.png"))

    def close(self):
        self.page.close()
        self.process.terminate()
        self.process.wait(timeout=60)
        self.log.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("profile")), executable_path=CHROMIUM, headless=True, args=ARGUMENTS,
            viewport={"width": 1000, "height": 720})
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory, browser):
    opened = Lab(tmp_path_factory.mktemp("lab"), browser)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def picture(lab, request):
    """What the page showed at the end, for who debugs."""
    yield
    lab.shot("end-" + request.node.name)


def lock_of(lab, name):
    """The packages of the lock in the file, without their hashes."""
    lock = lab.read(name)["metadata"].get("thoth", {}).get("lock")
    return lock and [line.split(" ")[0] for line in lock["packages"]]


def open_panel(lab):
    """The panel of the notebook; its tab stands at the right."""
    panel = lab.page.locator("#thoth-panel")
    if not panel.is_visible():
        lab.page.locator('[data-id="thoth-panel"]').click()
        panel.wait_for()
    return panel


def state(panel):
    return panel.locator(".thoth-state").inner_text()


def heading(panel, text):
    return panel.get_by_role("heading", name=re.compile(text))


def contrast(lab, selector):
    """The ratio of WCAG between a text and the background below it."""
    return lab.page.evaluate("""selector => {
        const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
        const parse = text => text.match(/[\\d.]+/g).map(Number);
        let node = document.querySelector(selector), back = node;
        const text = light(parse(getComputedStyle(node).color));
        while (back && (parse(getComputedStyle(back).backgroundColor)[3] ?? 1) === 0) back = back.parentElement;
        const under = light(parse(getComputedStyle(back).backgroundColor));
        return (Math.max(text, under) + .05) / (Math.min(text, under) + .05);
    }""", selector)


def test_a_lock_of_a_cell_ends_in_the_file_and_stays_there(lab):
    lab.write("cell.ipynb", notebook("!pip install -q six", "%thoth lock"))
    lab.open("cell.ipynb")
    lab.run_cell(1)
    wait_for(lambda: lock_of(lab, "cell.ipynb"), 30, "the lock in the file")
    wait_for(lambda: not lab.is_dirty(), 30, "the end of saving")
    lab.shot("cell")
    saved = lab.read("cell.ipynb")
    assert [name.split("==")[0] for name in lock_of(lab, "cell.ipynb")] == ["six"]
    [output] = saved["cells"][1]["outputs"]
    assert "metadata" not in output["data"]["application/vnd.thoth.lock+json"]
    assert "is saved" in "".join(output["data"]["text/plain"])
    assert lab.page.locator(".thoth-output table tbody tr").count() == 1

    lab.open("cell.ipynb")  # again: the kernel sends its last lock once more
    wait_for(lambda: lab.lock_button.is_enabled(), 30, "the comm")
    lab.page.wait_for_timeout(1500)  # a change would show by now
    assert not lab.is_dirty()
    assert lab.read("cell.ipynb") == saved
    assert not [line for line in lab.console if "pageerror" in line]


def test_the_button_locks_unsaved_cells_and_the_comm_comes_back_after_a_restart(lab, browser):
    lab.write("button.ipynb", notebook("1", ""))
    lab.open("button.ipynb")
    lab.page.locator(".jp-Notebook .jp-CodeCell .cm-content").nth(1).click()
    lab.page.keyboard.type("!pip install requests")
    lab.lock_button.click()
    wait_for(lambda: lock_of(lab, "button.ipynb"), 30, "the lock in the file")
    lab.page.get_by_text("packages locked (").first.wait_for()
    lab.shot("button")
    assert lab.read("button.ipynb")["cells"][1]["source"] == ["!pip install requests"]
    assert any(name.startswith("urllib3==") for name in lock_of(lab, "button.ipynb"))

    lab.page.keyboard.press("Escape")
    kernel = lab.kernel_of("button.ipynb")
    lab.request("POST", f"/api/kernels/{kernel}/restart")
    wait_for(lambda: lab.lock_button.is_enabled(), 60, "the comm after the restart")
    lab.page.locator(".jp-Notebook .jp-CodeCell .cm-content").nth(1).click()
    lab.page.keyboard.press("Control+a")
    lab.page.keyboard.type("!pip install six")
    lab.lock_button.click()
    wait_for(lambda: len(lock_of(lab, "button.ipynb")) == 1, 30, "another lock in the file")
    wait_for(lambda: not lab.is_dirty(), 30, "the end of saving")

    first, lab.page = lab.page, browser.new_page()  # a second tab shows the next lock, and leaves saving to the first
    try:
        lab.open("button.ipynb")
        panel = open_panel(lab)
        heading(panel, r"Locked packages \(1\)").wait_for()
        wait_for(lambda: lab.lock_button.is_enabled(), 30, "the comm of the second tab")
        first.keyboard.press("Control+a")
        first.keyboard.type("!pip install six idna")
        first.locator('[data-jp-item-name="thoth-lock"] jp-button').click()
        heading(panel, r"Locked packages \(2\)").wait_for()
        wait_for(lambda: len(lock_of(lab, "button.ipynb")) == 2, 30, "the third lock in the file")
        assert lab.page.locator(".jp-Dialog").count() == first.locator(".jp-Dialog").count() == 0
    finally:
        lab.page.close()
        lab.page = first


def test_a_lock_that_was_made_before_the_page_was_there_is_not_lost(lab):
    from jupyter_client import BlockingKernelClient

    lab.write("late.ipynb", notebook("!pip install -q six", "%thoth lock"))
    session = lab.request("POST", "/api/sessions", {"path": "late.ipynb", "name": "late.ipynb", "type": "notebook",
                                                    "kernel": {"name": "thoth-python3"}})
    file = next((lab.folder / "home/runtime").glob(f"*{session['kernel']['id']}*"))
    client = BlockingKernelClient(connection_file=str(file))
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    assert client.execute_interactive("%thoth lock --notebook late.ipynb", timeout=60)["content"]["status"] == "ok"
    client.stop_channels()
    assert lock_of(lab, "late.ipynb") is None
    lab.open("late.ipynb")
    wait_for(lambda: lock_of(lab, "late.ipynb"), 30, "the lock in the file")
    wait_for(lambda: not lab.is_dirty(), 30, "the end of saving")

    lab.run_cell(0)  # an install cell: its requirement can be recorded
    lab.page.get_by_role("button", name="Record", exact=True).click()
    wait_for(lambda: lab.read("late.ipynb")["metadata"]["thoth"].get("requirements"), 30, "the requirement in the file")
    assert lab.read("late.ipynb")["metadata"]["thoth"]["requirements"] == {"packages": ["six"]}


def test_the_panel_tells_what_is_needed_what_is_locked_and_why(lab):
    lab.write("story.ipynb", notebook("# one\n!pip install 'requests>=2'", "import yaml", "!pip install numpy>=1"))
    lab.open("story.ipynb")
    panel = open_panel(lab)
    wait_for(lambda: "Not locked" in state(panel), what="the state")
    panel.get_by_text("put the requirement in quotes").wait_for()  # a finding, without a lock
    assert lab.page.locator(".thoth-cell-notes").count() == 1
    panel.get_by_role("button", name="cell 1, line 2").click()
    wait_for(lambda: lab.page.locator(".jp-Notebook .jp-Cell").nth(0).evaluate("n => n.classList.contains('jp-mod-active')"))
    wait_for(lambda: "Ln 2" in lab.page.locator("#jp-main-statusbar").inner_text(), what="the cursor in line 2")

    lab.page.evaluate("""() => { window.seen = [];
        const look = () => window.seen.push(document.querySelector('.thoth-state').innerText);
        new MutationObserver(look).observe(document.querySelector('.thoth-content'), {subtree: true, childList: true, characterData: true}); }""")
    panel.get_by_role("button", name="Lock", exact=True).click()
    heading(panel, "Locked packages").wait_for()
    wait_for(lambda: lock_of(lab, "story.ipynb"), 30, "the lock in the file")
    assert any("Locking" in text for text in lab.page.evaluate("window.seen"))
    wait_for(lambda: "differ" in state(panel), what="what the kernel lacks")  # it has no numpy
    assert "asks for it" in panel.get_by_role("row", name=re.compile("^requests ")).inner_text()
    panel.get_by_label("Filter packages").fill("urllib3")
    assert panel.locator(".thoth-table").last.locator("tbody tr").count() == 1
    lab.shot("panel")

    panel.get_by_label("Requirement to add").fill("six")
    panel.get_by_role("button", name="Add", exact=True).click()
    wait_for(lambda: "something else" in state(panel), what="a stale lock")
    panel.get_by_role("button", name="Lock Again").click()
    panel.get_by_text("+ six 1").wait_for()
    wait_for(lambda: any(line.startswith("six==") for line in lock_of(lab, "story.ipynb")), 30, "six in the file")
    wait_for(lambda: not lab.is_dirty(), 30, "the end of saving")

    panel.get_by_label("Requirement to add").fill("urllib3<1")
    panel.get_by_role("button", name="Add", exact=True).click()
    panel.get_by_role("button", name="Remove urllib3").wait_for()
    panel.get_by_role("button", name="Lock Again").click()
    assert "nothing satisfies urllib3<1" in panel.get_by_role("alert").inner_text()
    assert "did not work" in state(panel)
    panel.get_by_role("button", name="Remove urllib3").click()
    wait_for(lambda: "did not work" not in state(panel), what="another state")
    lab.page.keyboard.press("Control+s")
    wait_for(lambda: not lab.is_dirty(), 30, "the end of saving")

    saved = lab.read("story.ipynb")
    lab.open("story.ipynb")
    panel = open_panel(lab)
    heading(panel, "Locked packages").wait_for()
    wait_for(lambda: lab.lock_button.is_enabled(), 30, "the comm")
    lab.page.wait_for_timeout(1500)
    assert not lab.is_dirty() and lab.read("story.ipynb") == saved
    assert not [line for line in lab.console if "pageerror" in line]


def test_the_panel_without_a_companion_and_in_the_dark(lab):
    hostile = {"version": 1, "lock": {"packages": ["<img/src=x/onerror=window.hit=1>==1", "six==1.17.0"], "created": "x"},
               "justification": {"six": "<script>window.hit=1</script>"},
               "messages": [{"type": "WARNING", "message": "<b>bold</b>", "link": "javascript:window.hit=1"}]}
    plain = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "thoth": hostile}
    lab.write("plain.ipynb", notebook("1", metadata=plain))
    themes = lab.folder / "home/settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings"
    themes.write_text('{"theme": "JupyterLab Dark"}')
    lab.open("plain.ipynb")
    panel = open_panel(lab)
    panel.get_by_text("no companion of thoth").wait_for()
    assert panel.get_by_role("button", name="Lock Again").is_disabled()
    assert panel.get_by_text("<script>window.hit=1</script>").is_visible() and panel.get_by_text("<b>bold</b>").is_visible()
    assert panel.locator("a, img").count() == 0 and lab.page.evaluate("window.hit") is None
    lab.shot("dark")
    dark = lab.page.evaluate("getComputedStyle(document.querySelector('#thoth-panel')).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", dark)[:3])) < 200
    for selector in (".thoth-state", ".thoth-link, .thoth-pre, .thoth-name", ".thoth-table th"):
        assert contrast(lab, selector) > 4.5, selector
    panel.get_by_role("button", name="Switch the Kernel").click()
    wait_for(lambda: panel.get_by_role("button", name="Lock Again").is_enabled(), 60, "the companion")
    themes.unlink()


def test_notebook_7_has_button_panel_and_output(lab):
    pytest.importorskip("notebook")
    lab.write("seven.ipynb", notebook("!pip install -q six", "%thoth lock"))
    lab.page.goto(f"{lab.url}/notebooks/seven.ipynb")
    lab.page.wait_for_selector(".jp-Notebook .jp-CodeCell .cm-content")
    lab.wait_idle("seven.ipynb")
    wait_for(lambda: lab.lock_button.is_enabled(), 30, "the comm")
    lab.run_cell(1)
    wait_for(lambda: lock_of(lab, "seven.ipynb"), 30, "the lock in the file")
    assert lab.page.locator(".thoth-output table tbody tr").count() == 1
    lab.page.get_by_role("menuitem", name="View").click()
    lab.page.get_by_text("Show Dependencies").click()
    lab.page.locator("#thoth-panel").get_by_role("heading", name="Locked packages (1)").wait_for()
    lab.shot("seven")
