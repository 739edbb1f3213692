"""The comm `thoth` of the companion, as a front end uses it: docs/comm.md."""

import json
import pathlib
import time
import uuid

import pytest
from conftest import wait_for
from test_kernel_magic import FAKE, bundle, error, requests

LOCK = "application/vnd.thoth.lock+json"


class FrontEnd:
    """One comm on a client of its own; what it gets is kept until asked for."""

    def __init__(self, kernel, cells=None, path="demo.ipynb", metadata=None, **data):
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
        self.send_raw("comm_close", {"comm_id": self.id, "data": {}})
        self.client.stop_channels()

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


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "notes"
    path.touch()
    return path


@pytest.fixture
def kernel(start, notes):
    return start(env={"THOTH_WORKER": FAKE, "FAKE_WORKER_NOTES": str(notes)})


@pytest.fixture
def connect(kernel):
    opened = []

    def begin(**options):
        opened.append(FrontEnd(kernel, **options))
        return opened[-1]

    yield begin
    for front_end in opened:
        front_end.client.stop_channels()


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
    assert request["notebook"]["attached"] and request["notebook"]["path"] == "demo.ipynb"
    assert [c["type"] for c in request["notebook"]["cells"]] == ["code", "markdown"]
