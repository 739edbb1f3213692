"""The comm `thoth` of the companion, as a front end uses it: docs/comm.md."""

import time
import uuid

import pytest
from conftest import KERNEL, Kernel, wait_for
from test_kernel_magic import FAKE, bundle, error
from test_kernel_magic import requests as all_requests

LOCK = "application/vnd.thoth.lock+json"


def requests(notes):
    """What the worker was asked, without the looks that the companion takes by itself."""
    return [request for request in all_requests(notes) if request.get("command") != "look"]


class FrontEnd:
    """One comm on a client of its own; what it gets is kept until asked for."""

    def __init__(self, kernel, cells=None, path="demo.ipynb", metadata=None, **data):
        path = path and f"{kernel.folder}/{path}"  # of this test alone
        self.kernel = kernel
        self.client = kernel.new_client()
        self.client.wait_for_ready(timeout=60)
        self.id = uuid.uuid4().hex
        self.messages = []
        self.cells = cells
        self.mute = False
        opening = {"v": 1, "client": "test", "caps": ["progress", "diff"], "path": path, "metadata": metadata, **data}
        if cells is not None:
            opening["cells"] = cells
        self.opened = self.send_raw("comm_open", {"comm_id": self.id, "target_name": "thoth", "data": opening})

    def send_raw(self, type, content, **header):
        message = self.client.session.msg(type, content)
        message["header"].update(header)
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def send(self, type, **data):
        return self.send_raw("comm_msg", {"comm_id": self.id, "data": {"type": type, **data}})

    def close(self):
        if self.id:
            self.send_raw("comm_close", {"comm_id": self.id, "data": {}})
            self.client.stop_channels()
            self.id = None

    def poll(self):
        """Take what has come; answer a question for cells as a front end does."""
        while self.client.iopub_channel.msg_ready():
            message = self.client.get_iopub_msg(timeout=1)
            content = message["content"]
            if message["msg_type"] == "comm_msg" and content["comm_id"] == self.id:
                self.messages.append(dict(content["data"], parent=message["parent_header"]))
                if content["data"].get("need") == ["cells"] and self.cells is not None and not self.mute:
                    self.send("cells", cells=self.cells)

    def get(self, type, seconds=30, **members):
        """The first message of this type, taken off the list with all before it."""

        def find():
            self.poll()
            for i, message in enumerate(self.messages):
                if message["type"] == type and all(message.get(k) == v for k, v in members.items()):
                    del self.messages[: i + 1]
                    return message
            return None

        return wait_for(find, seconds, f"a {type!r} message")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One kernel for all tests here: each has notebooks and requests of its own."""
    yield from begin(tmp_path_factory.mktemp("notes") / "notes", THOTH_FRONTEND_PATIENCE="15")


def begin(notes, **variables):
    kernel = Kernel(KERNEL, env={"THOTH_WORKER": FAKE, "FAKE_WORKER_NOTES": str(notes), **variables})
    kernel.notes = notes
    yield kernel
    kernel.close()


@pytest.fixture
def hasty(tmp_path):
    """A kernel of the test's own, that waits for front ends no longer than it does for users."""
    for kernel in begin(tmp_path / "notes"):
        kernel.folder = "x"
        yield kernel


@pytest.fixture
def notes(shared):
    shared.notes.write_text("")
    return shared.notes


@pytest.fixture
def kernel(shared, notes):
    shared.folder = uuid.uuid4().hex
    return shared


@pytest.fixture
def connect(kernel):
    opened = []

    def begin(**options):
        opened.append(FrontEnd(kernel, **options))
        return opened[-1]

    yield begin
    for front_end in opened:
        front_end.close()


def cell(source, id="a1"):
    return {"id": id, "type": "code", "source": source}


def execute(kernel, code, cell_id):
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    message = kernel.client.session.msg("execute_request", content, metadata={"cellId": cell_id})
    kernel.client.shell_channel.send(message)
    return message["header"]["msg_id"]


def test_says_hello_and_asks_for_cells(connect):
    hello = connect().get("hello")
    assert hello["v"] == 1 and hello["state"] == "unlocked" and hello["need"] == ["cells"]
    assert hello["version"]


def test_knows_a_locked_notebook(connect):
    assert connect(metadata={"version": 1, "lock": {"packages": []}}).get("hello")["state"] == "locked"


def test_sends_busy_and_idle_with_the_whole_parent(kernel, connect):
    front_end = connect()
    front_end.get("hello")
    request = front_end.send_raw("comm_msg", {"comm_id": front_end.id, "data": {"type": "nothing"}}, subshell_id="s1")
    states = []

    def both():
        while front_end.client.iopub_channel.msg_ready():
            message = front_end.client.get_iopub_msg(timeout=1)
            if message["parent_header"].get("msg_id") == request:
                assert message["parent_header"]["subshell_id"] == "s1"
                states.append(message["content"]["execution_state"])
        return len(states) == 2

    wait_for(both, what="busy and idle")
    assert states == ["busy", "idle"]


def test_a_lock_of_the_front_end_reaches_it(connect, notes):
    front_end = connect(cells=[cell("!pip install flask"), cell("# text", "b2") | {"type": "markdown"}])
    front_end.send("lock", id="r1", options={"upgrade": True, "recommendation-type": "latest", "limit": 5})
    lock = front_end.get("lock")
    assert lock["id"] == "r1" and lock["replay"] is False and lock["metadata"] == {"thoth": 1}
    assert lock["diff"] == {"added": [], "removed": [], "changed": []}
    [request] = requests(notes)
    assert request["arguments"] == ["--upgrade", "--recommendation-type=latest", "--limit=5"]
    assert request["notebook"]["attached"] and request["notebook"]["path"].endswith("/demo.ipynb")
    assert [c["type"] for c in request["notebook"]["cells"]] == ["code", "markdown"]


def test_a_lock_of_a_cell_reaches_every_front_end_of_the_notebook(kernel, connect, notes):
    first, second = connect(cells=[cell("%thoth lock", "c1")]), connect(cells=[cell("%thoth lock", "c1")])
    other = connect(cells=[cell("1", "z9")], path="other.ipynb")
    request = execute(kernel, "%thoth lock", "c1")
    lock = first.get("lock")
    assert second.get("lock")["metadata"] == lock["metadata"] == {"thoth": 1}
    first.send("written", id=lock["id"], saved=True)
    reply, outputs = kernel.collect(request)
    assert reply["status"] == "ok"
    shown = bundle(outputs)["data"]
    assert "metadata" not in shown[LOCK] and "is saved" in shown["text/plain"]
    assert requests(notes)[0]["notebook"]["cells"][0]["id"] == "c1"
    other.poll()
    assert [m["type"] for m in other.messages if m["type"] == "lock"] == []


def test_cells_that_were_not_saved_or_run_count(kernel, connect, notes):
    front_end = connect(cells=[cell("old", "a1")])
    front_end.get("hello")
    front_end.cells = [cell("!pip install new", "a1"), cell("%thoth lock", "c1")]
    request = execute(kernel, "%thoth lock", "c1")
    front_end.send("written", id=front_end.get("lock")["id"], saved=False)
    shown = bundle(kernel.collect(request)[1])["data"]
    assert "save the notebook" in shown["text/plain"]
    assert [c["source"] for c in requests(notes)[0]["notebook"]["cells"]] == ["!pip install new", "%thoth lock"]


def test_pages_that_are_gone_hold_nothing_up_and_lose_nothing(hasty):
    front_end = FrontEnd(hasty, cells=[cell("stale", "c1")])
    front_end.get("hello")
    hasty.run("%thoth show")
    front_end.poll()  # it answers late, and is waited for again
    request = execute(hasty, "%thoth lock", "c1")
    front_end.get("lock")  # and then the page is gone
    shown = bundle(hasty.collect(request)[1])["data"]
    assert shown[LOCK]["metadata"] == {"thoth": 1} and "thoth adopt" in shown["text/plain"]
    begun = time.monotonic()
    shown = bundle(hasty.run("%thoth lock")[1])["data"]
    assert time.monotonic() - begun < 3 and "metadata" in shown[LOCK]  # one second for cells, none for "written"
    begun = time.monotonic()
    hasty.run("%thoth show")
    assert time.monotonic() - begun < 1  # nobody waits for it again
    cells = requests(hasty.notes)[-1]["notebook"]["cells"]
    assert cells[0]["source"] == "stale"  # the best that is known
    front_end.client.stop_channels()


def test_a_late_comm_gets_the_lock_that_it_missed(kernel, connect):
    kernel.run("%thoth lock")
    late = connect()
    late.get("hello")
    lock = late.get("lock")
    assert lock["replay"] is True and lock["metadata"] == {"thoth": 1} and "settled" not in lock
    late.send("written", id=lock["id"], saved=True)
    again = connect().get("lock")
    assert again["replay"] is True and again["settled"] is True
    assert again["metadata"] == lock["metadata"] and again["rev"] == lock["rev"]


def test_a_replay_is_for_its_own_notebook(kernel, connect):
    first = connect(cells=[cell("%thoth lock", "c1")], path="one.ipynb")
    request = execute(kernel, "%thoth lock", "c1")
    first.send("written", id=first.get("lock")["id"], saved=True)
    kernel.collect(request)
    other = connect(path="two.ipynb")
    other.get("hello")
    other.send("why", id="w", package="x")
    other.get("why")
    assert [m for m in other.messages if m["type"] == "lock"] == []


def test_is_answered_while_a_cell_runs(kernel, connect, tmp_path):
    stop = tmp_path / "stop"
    request = kernel.client.execute(f"import pathlib, time\nwhile not pathlib.Path({str(stop)!r}).exists(): time.sleep(.01)")
    kernel.client.get_iopub_msg(timeout=20)
    front_end = FrontEnd.__new__(FrontEnd)
    front_end.kernel, front_end.id, front_end.messages = kernel, uuid.uuid4().hex, []
    front_end.cells, front_end.mute, front_end.client = [cell("1")], False, kernel.client
    front_end.send_raw("comm_open", {"comm_id": front_end.id, "target_name": "thoth", "data": {"cells": [cell("1")]}})
    assert front_end.get("hello", seconds=20)
    front_end.send("lock", id="r1")
    assert front_end.get("lock", seconds=20)["id"] == "r1"
    stop.touch()
    wait_for(lambda: kernel.client.get_shell_msg(timeout=20)["parent_header"]["msg_id"] == request, 20)


def test_a_lock_can_be_stopped(connect, notes):
    front_end = connect(cells=[cell("1")])
    front_end.send("lock", id="r1", options={"label": ["hang"]})
    progress = front_end.get("progress")
    assert progress["id"] == "r1" and progress["seq"] == 1 and progress["phase"] == "index"
    front_end.send("cancel", id="r1")
    assert front_end.get("error")["error"]["kind"] == "interrupted"
    assert [r["id"] for r in requests(notes) if r.get("cancel")]


def test_a_cell_can_be_stopped_from_the_page(kernel, connect):
    front_end = connect(cells=[cell("%thoth hang", "c1")])
    request = execute(kernel, "%thoth hang", "c1")
    progress = front_end.get("progress")
    front_end.send("cancel", id=progress["id"])
    assert error(kernel.collect(request)[1])["evalue"] == "interrupted"


@pytest.mark.parametrize("options, refused", [
    ({"index-url": "https://evil.example"}, "cannot be given in a cell"),
    ({"notebook-trust": "wheels-only"}, "cannot be given in a cell"),
    ({"prescriptions": ["/x"]}, "cannot be given in a cell"),
])
def test_refuses_what_only_the_user_may_choose(connect, notes, options, refused):
    front_end = connect(cells=[cell("1")])
    front_end.send("lock", id="r1", options=options)
    assert refused in front_end.get("error")["error"]["message"]
    assert requests(notes) == []


def test_answers_why_and_add(connect, notes):
    front_end = connect(cells=[cell("1")])
    front_end.send("why", id="r2", package="numpy")
    assert front_end.get("why")["text"] == "why numpy"
    front_end.send("add", id="r3", requirements=["flask>=2", "click"])
    assert front_end.get("lock")["id"] == "r3"
    front_end.send("add", id="r4", requirements=["--index-url=x"])
    assert "expected a name" in front_end.get("error")["error"]["message"]
    front_end.send("remove", id="r5", requirements=["flask"])
    assert front_end.get("lock")["id"] == "r5"
    assert [(r["command"], r["arguments"]) for r in requests(notes)] == [
        ("why", ["numpy"]), ("add", ["flask>=2", "click"]), ("remove", ["flask"])]


def test_survives_what_is_no_message(kernel, connect):
    front_end = connect(cells=[cell("1")])
    for content in [{}, {"comm_id": front_end.id}, {"comm_id": front_end.id, "data": [1]},
                    {"comm_id": front_end.id, "data": {"type": ["lock"]}},
                    {"comm_id": front_end.id, "data": {"type": "lock"}},
                    {"comm_id": front_end.id, "data": {"type": "lock", "id": "x", "options": [1], "requirements": 7}},
                    {"comm_id": front_end.id, "data": {"type": "add", "id": "y", "requirements": {"a": 1}}},
                    {"comm_id": front_end.id, "data": {"type": "cells", "cells": [1, None, {"id": 7}], "path": 7}},
                    {"comm_id": front_end.id, "data": {"type": "written", "id": {"a": []}}}]:
        front_end.send_raw("comm_msg", content)
    front_end.send_raw("comm_open", {"comm_id": "x" * 500, "target_name": "thoth", "data": {}})
    front_end.send("why", id="last", package="a")
    assert front_end.get("why")["id"] == "last"
    assert kernel.run("1")[0]["status"] == "ok"


def test_our_comms_stand_in_the_list_but_not_among_widgets(kernel, connect):
    front_end = connect()
    front_end.get("hello")

    def comms(**content):
        request = kernel.client.session.msg("comm_info_request", content)
        kernel.client.shell_channel.send(request)
        while True:
            reply = kernel.client.get_shell_msg(timeout=20)
            if reply["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                return reply["content"]["comms"]

    assert comms()[front_end.id] == {"target_name": "thoth"}
    assert front_end.id in comms(target_name="thoth")
    assert front_end.id not in comms(target_name="jupyter.widget")
    gone = front_end.id
    front_end.close()
    wait_for(lambda: gone not in comms(), what="the end of the comm")


def test_only_the_newest_of_very_many_comms_stay(kernel, connect):
    front_end = connect()
    front_end.get("hello")
    for i in range(20):
        front_end.send_raw("comm_open", {"comm_id": f"more-{i}", "target_name": "thoth", "data": {}})
    last = connect()
    assert last.get("hello")
    assert bundle(kernel.run("%thoth show")[1])


def test_says_when_a_lock_is_stale_and_what_there_is_to_find(connect):
    front_end = connect(metadata={"version": 1, "lock": {"packages": []}}, cells=[cell("1", "a1")])
    assert front_end.get("hello")["state"] == "locked"  # at once, before anybody has looked
    assert front_end.get("hello")["state"] == "stale"
    assert front_end.get("findings")["cells"]["a1"][0]["message"] == "m"


def test_says_which_packages_of_the_kernel_differ_from_the_lock(connect):
    front_end = connect(metadata={"version": 1, "lock": {"packages": []}}, cells=[cell("# differs", "a1")])
    hello = front_end.get("hello", state="differs")
    assert hello["differs"] == [{"name": "numpy", "locked": "2", "installed": None}]


def test_looks_at_a_notebook_without_a_lock_only_when_it_is_shown(hasty):
    front_end = FrontEnd(hasty, cells=[cell("1", "a1")])
    front_end.get("hello")
    hasty.run("1")
    assert not hasty.notes.exists()  # no worker was started
    front_end.send("look")
    assert front_end.get("requirements")["requirements"][0]["text"] == "flask>=3"
    front_end.cells = [cell("2", "a1")]
    front_end.send("cells", cells=front_end.cells)
    front_end.get("findings")
    assert [r["notebook"]["cells"][0]["source"] for r in all_requests(hasty.notes)] == ["1", "2"]
    front_end.close()


def test_says_that_a_lock_is_under_way_and_that_it_failed(connect):
    first, second = connect(cells=[cell("1")]), connect(cells=[cell("1")])
    first.send("lock", id="r1", options={"label": ["hang"]})
    assert first.get("hello", state="resolving") and second.get("hello", state="resolving")
    first.send("cancel", id="r1")
    assert first.get("error")["error"]["kind"] == "interrupted"
    assert first.get("hello")["state"] not in ("resolving", "failed")
    assert second.get("hello")["state"] not in ("resolving", "failed")
    first.send("lock", id="r2", options={"label": ["fail"]})
    assert second.get("error")["error"]["message"] == "nothing fits"
    assert second.get("hello")["state"] == "failed"
    first.get("hello", state="failed")
    first.cells = [cell("2")]
    first.send("cells", cells=first.cells)  # what failed is not what stands there now
    assert first.get("hello")["state"] != "failed"


def test_says_that_it_does_not_install(connect, notes):
    front_end = connect(cells=[cell("1")])
    front_end.send("install", id="i1")
    assert front_end.get("error", id="i1")["error"]["message"] == "this version of thoth does not install"
    front_end.send("consent", id="i1", answer="yes", token="guessed")
    assert "nothing was asked" in front_end.get("error", id="i1")["error"]["message"]
    assert requests(notes) == []


def test_offers_to_record_what_a_cell_has_installed(kernel, connect, notes):
    front_end = connect(cells=[cell("x", "i1")])
    front_end.get("hello")
    request = execute(kernel, "# install\nprint('numpy')", "i1")
    kernel.collect(request)
    installs = front_end.get("installs")
    assert installs["requirements"] == ["flask>=3"] and installs["restart"] == ["numpy"] and installs["cell"] == "i1"
    [asked] = [r for r in requests(notes) if r["command"] == "installs"]
    assert asked["source"].startswith("# install") and asked["output"] == "numpy\n"
    assert [r["command"] for r in requests(notes)] == ["installed", "installs"]
    for code in ("# install\n1 / 0", "print('nothing')"):
        kernel.collect(execute(kernel, code, "i1"))
    kernel.run("1")
    assert len([r for r in requests(notes) if r["command"] == "installs"]) == 1


def test_completes_names_and_versions(connect):
    front_end = connect(cells=[cell("1")])
    front_end.send("complete", id="r1", name="pan")
    assert front_end.get("candidates")["names"] == ["pan-x"]
    front_end.send("complete", id="r2", package="pandas")
    assert front_end.get("candidates")["versions"] == ["pandas-x"]
