"""Fixtures for black-box tests of installed programs.

Run with the Python of the environment that thoth was installed into:
    .venv/bin/python -m pytest tests/blackbox
Nothing here sleeps to synchronise: `wait_for` polls with a deadline.
"""

import asyncio
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

KERNEL = "thoth-python3"
PREFIX = pathlib.Path(sys.prefix)


def pytest_addoption(parser):
    parser.addoption("--kernel", default=KERNEL, help="kernelspec under test")


def wait_for(condition, seconds=30, what="condition"):
    """The first true value of condition(), or a failure after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come within {seconds} s")
        time.sleep(0.01)


def execute_request(code):
    """What a browser sends over the websocket of a kernel."""
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    header = {"msg_id": code, "msg_type": "execute_request", "username": "u", "session": "s", "version": "5.4"}
    return json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"})


async def message_until(socket, found):
    """The first message of that websocket which found() likes."""
    while True:
        message = json.loads(await asyncio.wait_for(socket.read_message(), 60))
        if found(message):
            return message


def processes():
    """pid -> (parent, state, command line) of everything that runs."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            state, parent = stat.rpartition(")")[2].split()[:2]
            found[int(entry.name)] = (int(parent), state, [part.decode(errors="replace") for part in command])
    return found


def alive(pid):
    return processes().get(pid, (0, "Z", []))[1] not in "ZX"


def descendants(pid):
    """Everything below pid, zombies left out."""
    table = processes()
    below, todo = [], [pid]
    while todo:
        parent = todo.pop()
        children = [child for child, (above, state, _) in table.items() if above == parent and state not in "ZX"]
        below += children
        todo += children
    return below


class Kernel:
    """A running kernel with one blocking client."""

    def __init__(self, name, env=None, cwd=None, **more):
        from jupyter_client import KernelManager

        self.manager = KernelManager(kernel_name=name, **more)
        environment = dict(os.environ, **(env or {}))
        self.manager.start_kernel(env=environment, cwd=cwd, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        os.set_blocking(self.process.stderr.fileno(), False)
        self.errors = b""
        self.client = self.new_client()
        self.client.wait_for_ready(timeout=60)

    @property
    def process(self):
        return self.manager.provisioner.process

    @property
    def pid(self):
        return self.manager.provisioner.pid

    def stderr(self):
        """What the kernel's processes have printed so far."""
        self.errors += self.process.stderr.read() or b""
        return self.errors.decode(errors="replace")

    def new_client(self):
        """A client of its own session: km.client() shares one, and with it the identity.

        Its parent says whether the kernel lives; without one a heartbeat that takes a second, as on
        a busy machine, is taken for the kernel's death.
        """
        from jupyter_client import BlockingKernelClient

        client = BlockingKernelClient(connection_file=self.manager.connection_file, parent=self.manager)
        client.load_connection_file()
        client.start_channels()
        return client

    def run(self, code, client=None, timeout=30, **options):
        """(reply content, iopub messages of this request without status) of one cell."""
        client = client or self.client
        request = client.execute(code, **options)
        return self.collect(request, client, timeout)

    def collect(self, request, client=None, timeout=30):
        client = client or self.client
        outputs = []
        deadline = time.monotonic() + timeout
        while True:
            message = client.get_iopub_msg(timeout=max(0.01, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status":
                if message["content"]["execution_state"] == "idle":
                    break
                continue
            outputs.append(message)
        while True:
            reply = client.get_shell_msg(timeout=max(0.01, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == request:
                return reply["content"], outputs

    def text(self, code, **options):
        """What a cell writes to stdout and stderr."""
        _, outputs = self.run(code, **options)
        return "".join(m["content"]["text"] for m in outputs if m["msg_type"] == "stream")

    def close(self):
        if self.client is not None:
            self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.process and self.process.stderr.close()


@pytest.fixture(autouse=True)
def temporary(monkeypatch, tmp_path_factory):
    """Private folders of companions go where the test can see them; killed ones leave theirs."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    folder = tmp_path_factory.mktemp("t")
    folder.chmod(0o700)
    monkeypatch.setenv("TMPDIR", str(folder))


@pytest.fixture
def kernel_name(request):
    return request.config.getoption("--kernel")


@pytest.fixture
def start(kernel_name):
    """start(env=..., name=...) gives a Kernel that ends with the test."""
    started = []

    def begin(name=kernel_name, **options):
        kernel = Kernel(name, **options)
        started.append(kernel)
        return kernel

    yield begin
    for kernel in started:
        kernel.close()


@pytest.fixture
def kernel(start):
    return start()
