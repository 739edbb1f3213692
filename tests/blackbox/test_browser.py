"""JupyterLab in a real browser: a lock of a cell, the toolbar button, and opening again.

Three runs at most: each starts a server and takes 20 to 30 s. Everything that needs no page is in test_comm.py
and in labextension/test/.
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
             "--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.root_dir={self.notebooks}"],
            env=environment, stdout=self.log, stderr=subprocess.STDOUT)
        self.url = wait_for(self.find_url, 60, "the server")
        self.page = browser.new_page()
        self.page.set_default_timeout(60000)
        self.console = []
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"pageerror: {error}"))

    def find_url(self):
        found = re.search(rb"(http://127\.0\.0\.1:\d+)/lab", pathlib.Path(self.log.name).read_bytes())
        return found and found[1].decode()

    def write(self, name, content):
        (self.notebooks / name).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")

    def read(self, name):
        return json.loads((self.notebooks / name).read_text())

    def open(self, name):
        self.page.goto(f"{self.url}/lab/tree/{name}")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell .cm-content")
        self.wait_idle()

    def wait_idle(self):
        """The server knows when the kernel is ready; the page says so too early."""

        def ready():
            try:
                with urllib.request.urlopen(f"{self.url}/api/kernels") as answer:
                    return any(k["execution_state"] == "idle" and k["connections"] > 0 for k in json.load(answer))
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
        return self.page.locator('[data-jp-item-name="thoth-lock"] jp-button, [data-jp-item-name="thoth-lock"] button')

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


@pytest.fixture
def lab(tmp_path, browser):
    opened = Lab(tmp_path, browser)
    yield opened
    opened.close()


def test_a_lock_of_a_cell_ends_in_the_saved_file(lab):
    lab.write("demo.ipynb", notebook("!pip install -q 'pandas<3.1'", "%thoth lock"))
    lab.open("demo.ipynb")
    lab.run_cell(1)
    lab.shot("locked")
    wait_for(lambda: "thoth" in lab.read("demo.ipynb")["metadata"], 20, "the lock in the file")
