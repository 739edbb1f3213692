"""`thoth lock` and its neighbours as a user meets them: what they print, exit with and leave behind."""

import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time
import tomllib

import pytest
from bad_index import Server
from conftest import wait_for

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
from run_resolver import write_index  # noqa: E402

THOTH = os.environ.get("THOTH") or str(pathlib.Path(sys.prefix) / "bin" / "thoth")
INDEX = [
    "flask 3.0 requires click>=8, werkzeug>=3",
    "flask 2.0 requires click>=7, werkzeug>=2",
    "click 8.1",
    "werkzeug 3.0",
    "werkzeug 2.9",
    "clash-a 1.0 requires werkzeug<3",
    "newer 2.0 ; python >=3.99",
]


def notebook(*sources, metadata=None, **top):
    cells = [
        {"cell_type": "code", "execution_count": None, "id": f"c{i}", "metadata": {}, "outputs": [], "source": source}
        for i, source in enumerate(sources)
    ]
    about = {"language_info": {"name": "python", "version": "3.11.5"}} if metadata is None else metadata
    return json.dumps({"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5, **top}, indent=1)


class Place:
    """A folder with one notebook, an index of our own, and a cache."""

    def __init__(self, folder, lines=INDEX):
        self.folder = folder / "books"
        self.folder.mkdir()
        self.cache = folder / "cache"
        index = folder / "index"
        index.mkdir()
        write_index(lines, index)
        self.index = index.as_uri()
        self.path = self.folder / "nb.ipynb"

    def write(self, text):
        self.path.write_bytes(text.encode() if isinstance(text, str) else text)
        return self

    def command(self, *words, index=None):
        return [THOTH, *words, "--cache-dir", str(self.cache), *(["--index-url", index or self.index])]

    def run(self, *words, index=None, **options):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("THOTH_", "PIP_", "UV_"))}
        return subprocess.run(
            self.command(*words, index=index), capture_output=True, text=True, timeout=100, cwd=self.folder,
            env=environment, **options)

    def lock(self, *words, **options):
        return self.run("lock", "nb.ipynb", *words, **options)

    def thoth(self):
        return json.loads(self.path.read_text())["metadata"].get("thoth", {})


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def bad():
    server = Server()
    yield server
    server.stop()


GOOD = notebook("# nothing", "import os\n!pip install flask")

# what is in the file, exit code, what the message says
FAULTS = {
    "cut off": (GOOD[:200], 3, ["nb.ipynb", "cut off"]),
    "no JSON": ("hello", 3, ["nb.ipynb: line 1, column 1", "not a notebook"]),
    "text behind": (GOOD + "x", 3, ["unexpected text after the end"]),
    "format 3": (GOOD.replace('"nbformat": 4', '"nbformat": 3'), 3, ["format 3", "save it"]),
    "no metadata": ('{"cells": [], "nbformat": 4, "nbformat_minor": 5}', 3, ["metadata"]),
    "other language": (
        notebook("x", metadata={"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}),
        3, ["language is 'r', not python"]),
    "not a requirement": (
        notebook("# a", "x = 1\n!pip install 'flask>>1'"), 3, ["cell 2, line 2", "flask>>1", "hint"]),
    "unknown project": (notebook("", "!pip install flaskk"), 4, ["cell 2", "no index knows", "flaskk"]),
    "no such version": (notebook("!pip install 'flask>9'"), 4, ["cell 1", "flask>9", "newest usable release is flask 3.0"]),
    "newer Python": (notebook("!pip install newer"), 4, ["needs Python >=3.99"]),
    "a clash": (
        notebook("!pip install 'flask>=3'", "!pip install clash-a\n"), 4,
        ["cannot be met together", "cell 1", "cell 2", "clash-a 1.0 requires werkzeug<3"]),
    "bad metadata": (
        notebook("1", metadata={"thoth": {"version": 1, "requirements": {"packages": ["flask>>1"]}}}),
        3, ["metadata.thoth", "flask>>1"]),
    "future metadata": (notebook("1", metadata={"thoth": {"version": 99}}), 3, ["newer thoth"]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_the_file_untouched(place, name):
    text, code, says = FAULTS[name]
    place.write(text)
    before = place.path.stat()
    done = place.lock()
    assert done.returncode == code, done.stderr
    for word in says:
        assert word in done.stderr
    assert place.path.read_bytes() == text.encode()
    assert place.path.stat().st_mtime_ns == before.st_mtime_ns
    assert os.listdir(place.folder) == ["nb.ipynb"]
    document = json.loads(place.lock("--json").stdout)
    assert document["error"]["message"]


def test_json_errors_count_cells_from_0(place):
    place.write(notebook("# a", "x = 1\n!pip install 'flask>>1'"))
    error = json.loads(place.lock("--json").stdout)["error"]
    assert (error["kind"], error["cell"], error["cell_id"], error["line"]) == ("input", 1, "c1", 2)
    assert error["file"] == "nb.ipynb"


INDEX_FAULTS = {
    "status-500": "HTTP 500",
    "garbage": "127.0.0.1",
    "binary": "127.0.0.1",
    "shape": "127.0.0.1",
    "cut-99": "127.0.0.1",
    "closes-99": "127.0.0.1",
    "bomb": "larger than",
    "loop": "127.0.0.1",
    "private": "401",
}


@pytest.mark.parametrize("name", INDEX_FAULTS)
def test_a_bad_index_is_said_with_its_host(place, bad, name):
    place.write(notebook(f"!pip install {name}"))
    before = place.path.read_bytes()
    user = "" if name == "private" else "someone:topsecret@"
    done = place.lock(index=bad.url.replace("http://", f"http://{user}"))
    assert done.returncode == 5, done.stderr
    assert INDEX_FAULTS[name] in done.stderr
    assert "topsecret" not in done.stdout + done.stderr
    assert place.path.read_bytes() == before


def test_no_index_at_all(place):
    place.write(GOOD)
    done = place.lock(index="http://127.0.0.1:9/simple")
    assert done.returncode == 5
    assert "127.0.0.1:9" in done.stderr and "hint" in done.stderr


def test_offline_without_a_copy(place):
    place.write(GOOD)
    done = place.lock("--offline", index="http://127.0.0.1:9/simple")
    assert done.returncode == 5
    assert "offline" in done.stderr


def test_a_hanging_index_can_be_interrupted(place, bad):
    place.write(notebook("!pip install hangs"))
    process = subprocess.Popen(
        place.command("lock", "nb.ipynb", index=bad.url), cwd=place.folder, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: bad.asked("/hangs/"), what="the request")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=5)
    assert process.returncode == 130
    assert "stopped" in errors


@pytest.mark.parametrize("words", [["lock", "nb.ipynb"], ["lock", "nb.ipynb", "--json"], ["update", "nb.ipynb"]])
def test_a_time_limit_holds_and_leaves_the_file_alone(place, bad, words):
    place.write(GOOD)
    place.lock()
    document = json.loads(place.path.read_text())
    document["cells"] += json.loads(notebook("!pip install hangs"))["cells"]
    place.write(json.dumps(document))
    before = place.path.read_bytes()
    start = time.monotonic()
    done = place.run(*words, "--timeout", "0.4", index=bad.url)
    assert done.returncode == 130 and 0.4 <= time.monotonic() - start < 3
    assert "no answer within 0.400 s (--timeout); nothing was changed" in done.stderr
    if "--json" in words:
        assert json.loads(done.stdout)["error"]["kind"] == "interrupted"
    assert place.path.read_bytes() == before and list(place.folder.iterdir()) == [place.path]


@pytest.mark.parametrize("value", ["", "0", "soon", "-1", "0.0001", "1e3", "99999999999"])
def test_a_time_limit_is_seconds(place, value):
    place.write(GOOD)
    done = place.lock(f"--timeout={value}")
    assert done.returncode == 2 and "are no seconds" in done.stderr


@pytest.mark.parametrize("words, says", [
    (["lock"], "usage: thoth lock"),
    (["lock", "nb.ipynb", "--nonsense"], "unknown option '--nonsense'"),
    (["lock", "nb.ipynb", "--as-of", "yesterday"], "no date"),
    (["lock", "nb.ipynb", "--python-version", "three"], "three"),
    (["lock", "nb.ipynb", "--platform", "amiga"], "amiga"),
    (["why", "nb.ipynb", "a", "b"], "one package"),
    (["frobnicate"], "unknown command"),
    (["add", "nb.ipynb", "flask>>1"], "flask>>1"),
])
def test_wrong_usage_is_2(place, words, says):
    place.write(GOOD)
    done = place.run(*words) if words[0] != "frobnicate" else subprocess.run(
        [THOTH, *words], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert place.path.read_text() == GOOD


def test_no_such_file_and_no_ordinary_file(place):
    done = place.lock()
    assert done.returncode == 3 and "nb.ipynb" in done.stderr
    place.path.mkdir()
    done = place.lock()
    assert done.returncode == 3 and "not an ordinary file" in done.stderr


def test_a_read_only_file_stays(place):
    place.write(GOOD)
    place.path.chmod(0o444)
    done = place.lock()
    assert done.returncode == 3, done.stderr
    assert "nb.ipynb" in done.stderr
    assert place.path.read_text() == GOOD
    assert os.listdir(place.folder) == ["nb.ipynb"]


def test_a_full_disk_leaves_the_old_file(place):
    """The limit on file sizes stands in for a full disk: every write fails half way."""
    place.write(notebook("!pip install flask", "#" * 20000))
    before = place.path.read_bytes()

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (12000, 12000))

    done = place.lock("--offline", preexec_fn=small_files, restore_signals=False)
    assert done.returncode == 3, done.stderr
    assert "cannot write" in done.stderr
    assert place.path.read_bytes() == before
    assert os.listdir(place.folder) == ["nb.ipynb"]


def test_the_lock_is_in_the_metadata_and_stable(place):
    place.write(GOOD)
    done = place.lock()
    assert done.returncode == 0, done.stderr
    lock = place.thoth()
    assert [line.split(" ")[0] for line in lock["lock"]["packages"]] == ["click==8.1", "flask==3.0", "werkzeug==3.0"]
    assert lock["justification"]["flask"] == "cell 2, line 2 asks for it; newest release"
    assert set(lock["justification"]) == {"click", "flask", "werkzeug"}
    before = place.path.stat()
    again = place.lock()
    assert again.returncode == 0 and "nothing to change" in again.stdout
    assert place.path.stat().st_mtime_ns == before.st_mtime_ns and place.path.stat().st_ino == before.st_ino
    assert place.lock("--check").returncode == 0


def test_nothing_to_lock_writes_nothing(place):
    place.write(notebook("1 + 1"))
    done = place.lock()
    assert done.returncode == 0 and "no install command" in done.stdout
    assert place.path.read_text() == notebook("1 + 1")


def test_check_and_dry_run_never_write(place):
    place.write(GOOD)
    assert place.lock("--check").returncode == 1
    assert place.lock("--dry-run").returncode == 0
    assert place.path.read_text() == GOOD


def test_add_and_remove_give_the_file_back(place):
    place.write(GOOD)
    assert place.run("add", "nb.ipynb", "flask<3", "click").returncode == 0
    assert place.thoth()["requirements"]["packages"] == ["click", "flask<3"]
    stat = place.path.stat()
    again = place.run("add", "nb.ipynb", "flask<3")
    assert again.returncode == 0 and place.path.stat().st_mtime_ns == stat.st_mtime_ns
    locked = place.lock()
    assert "the notebook's metadata asks for flask<3" in locked.stdout
    place.write(GOOD)
    place.run("add", "nb.ipynb", "flask<3", "click")
    assert place.run("remove", "nb.ipynb", "Click", "FLASK").returncode == 0
    assert place.path.read_text() == GOOD
    assert place.run("remove", "nb.ipynb", "flask").returncode == 1


def test_add_with_lock_is_one_step(place):
    place.write(notebook("1"))
    assert place.run("add", "nb.ipynb", "flask<3", "--lock").returncode == 0
    lock = place.thoth()
    assert lock["requirements"]["packages"] == ["flask<3"]
    assert any(line.startswith("flask==2.0 ") for line in lock["lock"]["packages"])
    place.write(notebook("1"))
    failed = place.run("add", "nb.ipynb", "flask>9", "--lock")
    assert failed.returncode == 4
    assert place.path.read_text() == notebook("1")


def test_show_and_why(place):
    place.write(GOOD)
    none = place.run("show", "nb.ipynb")
    assert none.returncode == 1 and "no lock" in none.stderr
    place.lock()
    assert "flask     3.0" in place.run("show", "nb.ipynb").stdout
    lines = place.run("show", "nb.ipynb", "--format", "requirements").stdout
    assert "click==8.1 --hash=sha256:" in lines
    pylock = tomllib.loads(place.run("show", "nb.ipynb", "--format", "pylock").stdout)
    assert pylock["lock-version"] == "1.0"
    assert [p["name"] for p in pylock["packages"]] == ["click", "flask", "werkzeug"]
    assert all(p["wheels"][0]["hashes"]["sha256"] for p in pylock["packages"])
    why = json.loads(place.run("why", "nb.ipynb", "click", "--json").stdout)
    assert why["chain"] == "cell 2, line 2 -> flask -> click"
    assert place.run("why", "nb.ipynb", "numpy").returncode == 1


def test_what_the_notebook_names_is_never_asked(place, bad):
    place.write(notebook(
        f"!pip install flask --extra-index-url {bad.url}",
        f"!pip install -i {bad.url} click",
        f"!pip install {bad.url}x-1.0-py3-none-any.whl git+{bad.url}repo.git",
        metadata={"language_info": {"name": "python", "version": "3.11.5"},
                  "thoth": {"version": 1, "requirements": {"packages": [], "indexes": {"evil": bad.url}}}}))
    done = place.lock()
    assert done.returncode == 0, done.stderr
    assert "is not asked" in done.stderr and "left out" in done.stderr
    assert not bad.log


def test_control_characters_do_not_reach_the_terminal(place):
    place.write(notebook("!pip install 'flask\x1b[31m>1'"))
    done = place.lock()
    assert done.returncode == 3
    assert "\x1b" not in done.stderr and "\\x1b" in done.stderr


def test_a_requirements_file_beside_the_notebook(place):
    place.write(notebook("!pip install -r more.txt -r ../outside.txt"))
    (place.folder / "more.txt").write_text("# ours\nflask<3\n")
    (place.folder.parent / "outside.txt").write_text("clash-a\n")
    done = place.lock()
    assert done.returncode == 0, done.stderr
    assert "outside.txt" in done.stderr
    assert "line 2 of more.txt asks for flask<3" in done.stdout
    assert "clash-a" not in done.stdout


def test_a_file_of_requirements_can_be_locked(place):
    (place.folder / "r.txt").write_text("flask\n-c c.txt\n")
    (place.folder / "c.txt").write_text("flask<3\n")
    done = place.run("lock", "r.txt", "--json")
    assert done.returncode == 0, done.stderr
    packages = {p["name"]: p for p in json.loads(done.stdout)["packages"]}
    assert packages["flask"]["version"] == "2.0" and packages["flask"]["direct"]
    assert packages["click"]["via"] == ["flask"]
    piped = place.run("lock", "-", "--format", "requirements", input="click\n")
    assert piped.returncode == 0 and "click==8.1 --hash" in piped.stdout


def test_json_is_one_document_for_several_paths_and_for_wrong_usage(place):
    place.write(GOOD)
    (place.folder / "two.ipynb").write_text("broken")
    done = place.run("lock", "nb.ipynb", "two.ipynb", "--json", "--dry-run")
    documents = json.loads(done.stdout)
    assert done.returncode == 3
    assert documents[0]["status"] == "resolved" and documents[1]["error"]["kind"] == "input"
    assert json.loads(place.lock("--json", "--nonsense").stdout)["error"]["kind"] == "usage"


def test_another_python_than_declared_is_said(place):
    place.write(notebook("!pip install click", metadata={
        "language_info": {"name": "python", "version": "3.11.5"},
        "thoth": {"version": 1, "requirements": {"python": ">=3.12", "packages": []}}}))
    done = place.lock()
    assert done.returncode == 0 and "is for Python >=3.12, locked for 3.11.5" in done.stderr


def test_adopt_takes_the_last_output(place):
    place.write(GOOD)
    place.lock()
    value = place.thoth()
    output = {"output_type": "display_data", "metadata": {},
              "data": {"text/plain": "", "application/vnd.thoth.lock+json": {"metadata": value}}}
    book = json.loads(GOOD)
    book["cells"][1]["outputs"] = [output]
    text = json.dumps(book, indent=2)
    place.write(text)
    done = place.run("adopt", "nb.ipynb")
    assert done.returncode == 0, done.stderr
    assert place.thoth() == value
    book["cells"][1]["outputs"][0]["data"]["application/vnd.thoth.lock+json"]["metadata"]["lock"]["packages"] = ["x y"]
    place.write(json.dumps(book))
    assert place.run("adopt", "nb.ipynb").returncode == 3
    place.write(GOOD)
    none = place.run("adopt", "nb.ipynb")
    assert none.returncode == 3 and "no output" in none.stderr


def test_licenses_are_told_as_each_release_says(tmp_path):
    place = Place(tmp_path, [
        "a 1; header License-Expression: MIT OR Apache-2.0; header License: no",
        "b 1; header Classifier: License :: OSI Approved; header Classifier: License :: OSI Approved :: MIT License",
        "c 1; header License: BSD", f"d 1; header License: {'whole text ' * 20}", "e 1; header Classifier: Topic :: x"])
    place.write(notebook("!pip install a b c d e"))
    assert place.lock().returncode == 0
    told = place.run("show", "nb.ipynb", "--licenses").stdout
    assert [" ".join(line.split()) for line in told.splitlines()] == [
        "package version license", "a 1 MIT OR Apache-2.0", "b 1 MIT License", "c 1 BSD", "d 1 not said", "e 1 not said"]
    rows = json.loads(place.run("show", "nb.ipynb", "--licenses", "--json").stdout)["licenses"]
    assert rows[1] == {"name": "b", "version": "1", "license": "MIT License", "from": "Classifier"}
    assert rows[4] == {"name": "e", "version": "1"}
