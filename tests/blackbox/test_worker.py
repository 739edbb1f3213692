"""`thoth worker`: JSON lines in, JSON lines out, as the companion uses it."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading

import pytest
from bad_index import Server
from conftest import wait_for
from test_lock import GOOD, Place, THOTH


class Worker:
    def __init__(self, place, index=None, **variables):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("THOTH_", "PIP_", "UV_", "JPY_"))}
        environment |= {"THOTH_INDEX_URL": index or place.index, "THOTH_CACHE_DIR": str(place.cache),
                        "THOTH_PYTHON_VERSION": "3.11.5", "THOTH_PLATFORM": "linux"} | variables
        self.process = subprocess.Popen(
            [THOTH, "worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
            cwd=place.folder)

    def send(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def final(self):
        """The next line that ends a request; progress is skipped."""
        while True:
            answer = json.loads(self.process.stdout.readline())
            if "exit" in answer:
                return answer

    def ask(self, command, *arguments, sources=(), **more):
        self.send(id=7, command=command, arguments=list(arguments), columns=100,
                  notebook={"path": None, "metadata": {},
                            "cells": [{"index": i, "type": "code", "source": s} for i, s in enumerate(sources)]},
                  **more)
        return self.final()


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def start(place):
    started = []

    def make(**options):
        started.append(Worker(place, **options))
        return started[-1]

    yield make
    for worker in started:
        worker.process.kill()
        worker.process.wait()


def test_a_lock_comes_back_whole(start):
    worker = start()
    answer = worker.ask("lock", sources=["!pip install flask", "1"])
    assert answer["id"] == 7 and answer["exit"] == 0
    assert "flask     3.0" in answer["text"] and "<table" in answer["html"]
    data = answer["data"]["application/vnd.thoth.lock+json"]
    assert data["schema"] == "thoth.lock/1" and data["status"] == "resolved"
    assert [p["name"] for p in data["packages"]] == ["click", "flask", "werkzeug"]
    assert answer["metadata"]["lock"]["packages"][0].startswith("click==8.1 --hash=sha256:")
    assert data["metadata"] == answer["metadata"]
    assert answer["metadata"]["justification"]["flask"].startswith("executed cell 1 asks")
    assert worker.ask("lock", sources=["!pip install click"])["exit"] == 0  # and it is still there


def test_cells_are_numbered_as_in_the_file_when_it_is_ours(place, start):
    place.write(GOOD)
    known = start(THOTH_NOTEBOOK="nb.ipynb")
    answer = known.ask("lock", sources=["import os\n!pip install flask"])
    assert answer["metadata"]["justification"]["flask"].startswith("cell 2, line 2 asks")
    other = known.ask("lock", sources=["!pip install flask # of another notebook"])
    assert other["metadata"]["justification"]["flask"].startswith("executed cell 1 asks")
    assert place.path.read_text() == GOOD


def test_add_and_its_body(start):
    answer = start().ask("requirements", sources=["1"], body="# ours\nflask>=2\nclick\n")
    assert answer["metadata"]["requirements"]["packages"] == ["click", "flask>=2"]


@pytest.mark.parametrize("command, arguments, exit_code, says", [
    ("nope", [], 2, "unknown command 'nope'"),
    ("lock", ["--index-url", "http://evil.example"], 2, "must not choose it"),
    ("lock", ["--nonsense"], 2, "unknown option"),
    ("why", ["numpy"], 1, "no lock"),
])
def test_errors_have_words_and_codes(start, command, arguments, exit_code, says):
    answer = start().ask(command, *arguments, sources=["1"])
    assert answer["exit"] == exit_code
    assert says in answer["error"]["message"]


def test_odd_lines_are_answered_and_the_next_is_read(start):
    worker = start()
    for line in ("hello", "[]", '"x"', "{}"):
        worker.process.stdin.write(line + "\n")
        worker.process.stdin.flush()
        assert worker.final()["id"] is None
    assert worker.ask("help")["text"].startswith("%thoth lock")


def test_a_request_can_be_cancelled(place, start):
    server = Server()
    worker = start(index=server.url)
    worker.send(id=7, command="lock", arguments=[],
                notebook={"cells": [{"source": "!pip install hangs"}]})
    wait_for(lambda: server.asked("/hangs/"), what="the request")
    worker.send(id=7, cancel=True)
    answer = worker.final()
    server.stop()
    assert answer["exit"] == 130 and answer["error"]["kind"] == "interrupted"
    assert worker.ask("help")["exit"] == 0


def test_what_was_asked_before_the_end_of_input_is_answered(start):
    worker = start()
    worker.send(id=7, command="lock", arguments=[], notebook={"cells": [{"source": "!pip install click"}]})
    worker.process.stdin.close()
    assert worker.final()["exit"] == 0
    assert worker.process.wait(timeout=10) == 0


class ChangingIndex:
    """One project, whose releases the test may change, with the Cache-Control it is told."""

    def __init__(self, cache_control):
        outer = self
        self.versions, self.asked = ["1.0"], []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                metadata = self.path.endswith(".metadata")
                found = metadata or self.path == "/simple/demo/"
                version = self.path.split("-")[1] if metadata else ""
                files = [{"filename": f"demo-{v}-py3-none-any.whl", "url": f"/demo-{v}-py3-none-any.whl",
                          "hashes": {"sha256": hashlib.sha256(v.encode()).hexdigest()}, "core-metadata": True}
                         for v in outer.versions]
                body = f"Metadata-Version: 2.1\nName: demo\nVersion: {version}\n" if metadata else json.dumps(
                    {"meta": {"api-version": "1.0"}, "name": "demo", "files": files})
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
                self.send_header("Cache-Control", cache_control)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/simple/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.mark.parametrize("cache_control, second", [("max-age=600", "1.0"), ("no-cache", "2.0"), ("no-store", "2.0")])
def test_a_worker_keeps_pages_as_long_as_the_index_says(start, cache_control, second):
    index = ChangingIndex(cache_control)
    worker = start(index=index.url)

    def locked():
        answer = worker.ask("lock", sources=["!pip install demo"])
        assert answer["exit"] == 0, answer["text"]
        return answer["data"]["application/vnd.thoth.lock+json"]["packages"][0]["version"]

    assert locked() == "1.0"
    index.versions.append("2.0")
    index.asked.clear()
    assert locked() == second
    assert locked() == second
    assert bool(index.asked) == (second == "2.0")
    index.server.shutdown()


def test_what_the_code_uses_is_said_with_its_cell(start):
    answer = start().ask("lock", sources=["!pip install flask", "import tempfile\ntempfile.mktemp()"])
    (message,) = answer["metadata"]["messages"]
    assert (message["cell"], message["line"]) == (1, 2) and "mkstemp" in message["message"]


def test_scan_discover_and_convert_answer_in_a_cell(start):
    worker = start()
    cells = ["!pip install flask", "import numpy, cv2\n!pip install pkg>=1"]
    scan = worker.ask("scan", sources=cells)
    assert scan["exit"] == 0 and "flask" in scan["text"] and "unquoted-redirect" in scan["text"]
    assert scan["data"]["application/vnd.thoth.report+json"]["effective"] == ["flask", "pkg"]
    found = worker.ask("discover", sources=cells)
    assert found["exit"] == 1 and "opencv-python" in found["text"]
    shown = worker.ask("convert", sources=cells)
    assert shown["exit"] == 0 and "+ %thoth add flask" in shown["text"] and "metadata" not in shown


INSTALLED = "Found existing installation: click 8.0\n  Uninstalling click-8.0:\n      Successfully uninstalled click-8.0\n" \
            "Successfully installed click-8.1 flask-3.0\n"


@pytest.mark.parametrize("source, output, requirements, restart", [
    ("!pip install 'flask>=2' click", INSTALLED, ["flask>=2", "click"], ["click"]),
    ("!pip install -q flask", "", ["flask"], []),
    ("!uv pip install flask", "Installed 2 packages\n - click==8.0\n + click==8.1\n + flask==3.0\n", ["flask"], ["click"]),
    ("!pip install flask", "Requirement already satisfied: flask\n", ["flask"], []),
    ("!pip install flask", "ERROR: No matching distribution found for flask\n", [], []),
    ("!pip install flask", "/bin/sh: 1: pip: not found\n", [], []),
    ("!pip install Werkzeug", "", [], []),  # declared already
    ("!apt install git", "", [], []),
    ("# pip install flask", "", [], []),
])
def test_an_install_cell_says_what_can_be_recorded(start, source, output, requirements, restart):
    worker = start()
    cells = [{"type": "code", "source": s} for s in ("import click.testing as t, flask", "import os", source)]
    worker.send(id=1, command="installs", arguments=[], source=source, output=output, notebook={
        "metadata": {"thoth": {"version": 1, "requirements": {"packages": ["werkzeug>=2"]}}}, "cells": cells})
    installs = worker.final()["installs"]
    assert sorted(installs["requirements"]) == sorted(requirements)
    assert installs["restart"] == restart


def test_a_look_tells_a_fresh_lock_from_a_stale_one(start):
    worker = start()

    def look(source, metadata):
        worker.send(id=1, command="look", arguments=[], notebook={
            "attached": True, "path": "x.ipynb", "metadata": metadata, "cells": [{"id": "a", "type": "code", "source": source}]})
        return worker.final()

    metadata = worker.ask("lock", sources=["!pip install flask"])["metadata"]
    assert look("!pip install flask", {})["state"] == "unlocked"
    assert look("!pip install flask", {"thoth": metadata})["state"] == "locked"
    assert look("!pip install click", {"thoth": metadata})["state"] == "stale"
    [finding] = look("!pip install numpy>=1", {})["findings"]["a"]
    assert finding["rule"] == "unquoted-redirect" and finding["line"] == 1


def test_a_look_compares_a_fresh_lock_with_what_the_kernel_has(start, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    [site] = (tmp_path / "venv").glob("lib/python*/site-packages")
    worker = start(THOTH_KERNEL_PYTHON=str(tmp_path / "venv/bin/python"), THOTH_PYTHON_VERSION="", THOTH_PLATFORM="")

    def look(source, metadata=None, cell_id="a"):
        worker.send(id=1, command="look", arguments=[], notebook={
            "attached": True, "path": "x.ipynb", "metadata": {"thoth": metadata} if metadata else {},
            "cells": [{"id": "a", "type": "code", "source": source}]})
        return worker.final()

    def install(name, version):
        (site / f"{name}-{version}.dist-info").mkdir()
        (site / f"{name}-{version}.dist-info/METADATA").write_text(f"Name: {name}\nVersion: {version}\n")

    metadata = worker.ask("lock", sources=["!pip install click"])["metadata"]
    [line] = metadata["lock"]["packages"]
    version = line.split(" ")[0].partition("==")[2]
    seen = look("!pip install click", metadata)
    assert seen["state"] == "differs" and seen["differs"] == [{"name": "click", "locked": version, "installed": None}]
    install("click", "0.1")
    assert look("!pip install click", metadata)["differs"] == [{"name": "click", "locked": version, "installed": "0.1"}]
    assert look("!pip install flask", metadata)["state"] == "stale"
    (site / "click-0.1.dist-info").rename(site / f"click-{version}+local.1.dist-info")
    assert look("!pip install click", metadata)["state"] == "locked"
    metadata["environments"] = ["cp27-elsewhere"]  # not what this kernel is
    assert look("!pip install click", metadata)["differs"] == []


def test_a_quiet_install_is_known_by_what_is_there_before_and_after(start, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    [site] = (tmp_path / "venv").glob("lib/python*/site-packages")
    (site / "flask-2.0.dist-info").mkdir()
    worker = start(THOTH_KERNEL_PYTHON=str(tmp_path / "venv/bin/python"), THOTH_PYTHON_VERSION="", THOTH_PLATFORM="")
    before = worker.ask("installed")["installed"]
    assert before == {"flask": "2.0"}
    (site / "flask-2.0.dist-info").rename(site / "flask-3.0.dist-info")
    (site / "click-8.1.dist-info").mkdir()  # new: whoever imports it has not had another
    sources = ["import flask, click", "!pip install -q -U flask"]
    assert worker.ask("installs", sources=sources, source=sources[1], output="", before=before)["installs"]["restart"] == ["flask"]
    assert worker.ask("installs", sources=sources, source=sources[1], output="")["installs"]["restart"] == []


def test_a_look_tells_where_requirements_come_from(start):
    worker = start()
    worker.send(id=1, command="look", arguments=[], notebook={
        "attached": True, "path": "x.ipynb", "metadata": {"thoth": {"version": 1, "requirements": {"packages": ["six>=1"]}}},
        "cells": [{"id": "t", "type": "markdown", "source": ""},
                  {"id": "a", "type": "code", "source": "import yaml\n!pip install flask>2 click"}]})
    found = worker.final()["requirements"]
    assert [(r["text"], r["origin"], r["cell_id"], r["line"], r["locks"]) for r in found] == [
        ("six>=1", "metadata", "", 0, True), ("flask", "cell", "a", 2, True), ("click", "cell", "a", 2, True),
        ("pyyaml", "import", "a", 1, False)]


def test_completion_knows_the_lock_the_cells_and_one_page(start):
    worker = start()

    def complete(*words, metadata={}):
        worker.send(id=1, command="complete", arguments=list(words), notebook={
            "attached": True, "path": None, "metadata": metadata, "cells": [{"type": "code", "source": "import flask, cv2"}]})
        return worker.final()

    metadata = {"thoth": worker.ask("lock", sources=["!pip install flask"])["metadata"]}
    assert complete("names", "wer", metadata=metadata)["candidates"]["names"] == ["werkzeug"]
    assert "opencv-python" in complete("names", "cv2")["candidates"]["names"]
    assert complete("versions", "click")["candidates"]["versions"][0] == "8.1"
    assert complete("versions", "no-such-thing")["candidates"]["versions"] == []
    assert complete("names")["exit"] == 2


def test_a_named_notebook_counts_with_what_was_executed(place, start):
    place.write(GOOD)
    worker = start()
    worker.send(id=1, command="lock", arguments=["--notebook", "nb.ipynb"], notebook={
        "path": None, "metadata": {}, "cells": [{"type": "code", "source": "!pip install click"}]})
    packages = [p["name"] for p in worker.final()["data"]["application/vnd.thoth.lock+json"]["packages"]]
    assert "flask" in packages and "click" in packages
    worker.send(id=2, command="lock", arguments=["--notebook=missing.ipynb"], notebook={"cells": []})
    assert worker.final()["exit"] == 3
