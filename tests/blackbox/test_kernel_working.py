"""What people use a kernel for, through the companion: servers, debugger, widgets, large messages."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.request

import nbformat
import pytest
from conftest import execute_request, message_until, wait_for


def answers(address):
    """The file with the address comes before the server listens."""
    try:
        return urllib.request.urlopen(address + "api?token=t", timeout=10).status == 200
    except OSError:
        return False


@pytest.fixture(params=["jupyterlab", "notebook"])
def application(request, tmp_path):
    """(address, first page) of a JupyterLab or Notebook 7 server that ends with the test."""
    pytest.importorskip(request.param)
    runtime = tmp_path / "runtime"
    environment = dict(os.environ, JUPYTER_RUNTIME_DIR=str(runtime), JUPYTER_CONFIG_DIR=str(tmp_path / "config"))
    options = ["--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--no-browser", "--allow-root"]
    command = [sys.executable, "-m", request.param, *options, "--IdentityProvider.token=t"]
    running = subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: list(runtime.glob("jpserver-*.json")), seconds=90, what="the server")
    [info] = runtime.glob("jpserver-*.json")
    address = wait_for(lambda: info.read_text() and json.loads(info.read_text()), what="its address")["url"]
    wait_for(lambda: answers(address), seconds=90, what="an answer of the server")
    yield address, {"jupyterlab": "lab", "notebook": "tree"}[request.param]
    running.terminate()
    running.wait(timeout=60)


def test_a_session_in_a_browser(kernel_name, application):
    """A notebook's session, as the pages open it: cell, %thoth, interrupt, restart, end."""
    from tornado.httpclient import AsyncHTTPClient, HTTPRequest
    from tornado.websocket import websocket_connect

    address, page = application

    async def run():
        client = AsyncHTTPClient()
        headers = {"Authorization": "token t"}

        async def ask(method, path, body=None):
            body = json.dumps(body) if body is not None else ("" if method == "POST" else None)
            request = HTTPRequest(address + path, method, headers, body, request_timeout=60)
            return (await client.fetch(request)).body

        assert b"<html" in (await ask("GET", page)).lower()
        wanted = {"path": "a.ipynb", "type": "notebook", "name": "a.ipynb", "kernel": {"name": kernel_name}}
        session = json.loads(await ask("POST", "api/sessions", wanted))
        kernel = session["kernel"]["id"]
        channels = address.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels?session_id=s&token=t"
        socket = await websocket_connect(channels)
        await socket.write_message(execute_request("print(6 * 7)"))
        shown = await message_until(socket, lambda m: m["msg_type"] == "stream")
        assert shown["content"]["text"] == "42\n"
        await socket.write_message(execute_request("%thoth help"))
        shown = await message_until(socket, lambda m: m["msg_type"] == "display_data")
        assert "%thoth lock" in shown["content"]["data"]["text/plain"]
        await socket.write_message(execute_request("import time\nprint('begun')\ntime.sleep(60)"))
        await message_until(socket, lambda m: m["msg_type"] == "stream")
        await ask("POST", f"api/kernels/{kernel}/interrupt")
        failed = await message_until(socket, lambda m: m["msg_type"] == "error")
        assert failed["content"]["ename"] == "KeyboardInterrupt"
        await ask("POST", f"api/kernels/{kernel}/restart")
        await socket.write_message(execute_request("print('again')"))
        await message_until(socket, lambda m: m["content"].get("text") == "again\n")  # debugpy may warn before
        await ask("DELETE", "api/sessions/" + session["id"])
        assert json.loads(await ask("GET", "api/kernels")) == []
        socket.close()

    asyncio.run(run())


def test_nbconvert(kernel_name, tmp_path):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(20 + 1)"), nbformat.v4.new_code_cell("%thoth help")])
    made.metadata["kernelspec"] = {"name": kernel_name, "display_name": kernel_name, "language": "python"}
    nbformat.write(made, tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--output", "out.ipynb", str(tmp_path / "in.ipynb")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    executed = nbformat.read(tmp_path / "out.ipynb", 4)
    assert executed.cells[0].outputs[0].text == "21\n"
    assert "%thoth lock" in executed.cells[1].outputs[0].data["text/plain"]


def debug(kernel, command, arguments=None):
    """The body of a debug_reply."""
    content = {"type": "request", "seq": 1, "command": command, "arguments": arguments or {}}
    message = kernel.client.session.msg("debug_request", content)
    kernel.client.control_channel.send(message)
    while True:
        reply = kernel.client.get_control_msg(timeout=60)
        if reply["parent_header"]["msg_id"] == message["header"]["msg_id"]:
            assert reply["content"].get("success", True), reply["content"]
            return reply["content"].get("body") or {}


def test_stops_at_a_breakpoint(kernel):
    pytest.importorskip("debugpy")
    ids = {"clientID": "t", "clientName": "t", "adapterID": "", "pathFormat": "path", "linesStartAt1": True}
    debug(kernel, "initialize", {**ids, "columnsStartAt1": True, "supportsVariableType": True, "locale": "en"})
    debug(kernel, "attach")
    code = "a = 1\nb = a + 1\nprint(b)"
    path = debug(kernel, "dumpCell", {"code": code})["sourcePath"]
    points = {"source": {"path": path}, "breakpoints": [{"line": 2}], "sourceModified": False}
    assert debug(kernel, "setBreakpoints", points)["breakpoints"][0]["verified"]
    debug(kernel, "configurationDone")
    request = kernel.client.execute(code)
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        if message["msg_type"] == "debug_event" and message["content"].get("event") == "stopped":
            thread = message["content"]["body"]["threadId"]
            break
    frames = debug(kernel, "stackTrace", {"threadId": thread})["stackFrames"]
    assert frames[0]["line"] == 2
    debug(kernel, "continue", {"threadId": thread})
    _, outputs = kernel.collect(request, timeout=60)
    assert "".join(m["content"]["text"] for m in outputs if m["msg_type"] == "stream") == "2\n"
    debug(kernel, "disconnect", {"restart": False, "terminateDebuggee": True})


def test_widgets_exchange_bytes(kernel):
    pytest.importorskip("ipywidgets")
    _, outputs = kernel.run("import ipywidgets\nimage = ipywidgets.Image(value=bytes(range(256)) * 400)\nimage")
    opened = [m for m in outputs if m["msg_type"] == "comm_open" and m["buffers"]]
    [comm] = opened
    assert bytes(comm["buffers"][0]) == bytes(range(256)) * 400
    data = {"method": "update", "state": {}, "buffer_paths": [["value"]]}
    content = {"comm_id": comm["content"]["comm_id"], "data": data}
    kernel.client.session.send(kernel.client.shell_channel.socket, "comm_msg", content, buffers=[b"\x00\xff" * 1000])
    assert kernel.text("print(image.value == bytes([0, 255]) * 1000)") == "True\n"
    message = kernel.client.session.msg("comm_info_request", {"target_name": "jupyter.widget"})
    kernel.client.shell_channel.send(message)
    while True:
        reply = kernel.client.get_shell_msg(timeout=30)
        if reply["parent_header"]["msg_id"] == message["header"]["msg_id"]:
            break
    assert comm["content"]["comm_id"] in reply["content"]["comms"]


def test_passes_200_mb(kernel):
    """From the kernel as a buffer, and to it as text; the companion keeps nothing of it."""
    code = "from comm import create_comm\nc = create_comm('t', buffers=[b'ab' * 100_000_000])"
    _, outputs = kernel.run(code, timeout=100)
    [opened] = [m for m in outputs if m["msg_type"] == "comm_open"]
    assert len(opened["buffers"][0]) == 200_000_000
    del opened, outputs
    kernel.client.session.check_pid = False
    _, outputs = kernel.run("t = '" + "y" * 60_000_000 + "'; print(len(t))", timeout=100, store_history=False)
    assert outputs[-1]["content"]["text"] == "60000000\n"
    status = open(f"/proc/{kernel.pid}/status").read()
    resident = int(status.partition("VmRSS:")[2].split()[0]) / 1000
    assert resident < 100, f"{resident} MB stay"
