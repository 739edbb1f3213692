"""Tools that run notebooks, through the companion."""

import asyncio
import json
import os
import subprocess
import sys

import nbformat
import pytest
from conftest import execute_request, message_until, wait_for

CELLS = ["x = 20", "print(x + 1)", "x + 2", "from IPython.display import HTML\nHTML('<b>3</b>')"]


def notebook(cells, kernel):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
    return made


def check(executed):
    assert [cell.execution_count for cell in executed.cells if "x" in cell.source][:3] == [1, 2, 3]
    assert executed.cells[1].outputs[0].text == "21\n"
    assert executed.cells[2].outputs[0].data["text/plain"] == "22"
    assert executed.cells[3].outputs[0].data["text/html"] == "<b>3</b>"


def test_nbclient(kernel_name):
    from nbclient import NotebookClient

    made = notebook(CELLS, kernel_name)
    NotebookClient(made, kernel_name=kernel_name, timeout=60).execute()
    check(made)


def test_nbclient_stops_at_an_error(kernel_name):
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    made = notebook(["1 / 0", "after = 1"], kernel_name)
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        NotebookClient(made, kernel_name=kernel_name, timeout=60).execute()
    assert made.cells[1].execution_count is None


def test_papermill(kernel_name, tmp_path):
    import papermill

    made = notebook(["x = 1  # replaced", *CELLS[1:]], kernel_name)
    made.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(made, tmp_path / "in.ipynb")
    papermill.execute_notebook(str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), {"x": 20}, progress_bar=False)
    executed = nbformat.read(tmp_path / "out.ipynb", 4)
    sources = {cell.source: cell for cell in executed.cells}
    assert sources["print(x + 1)"].outputs[0].text == "21\n"
    assert sources["x + 2"].outputs[0].data["text/plain"] == "22"


def test_jupyter_execute(kernel_name, tmp_path):
    path = tmp_path / "in.ipynb"
    nbformat.write(notebook(CELLS, kernel_name), path)
    command = [sys.executable, "-m", "jupyter", "execute", "--inplace", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    check(nbformat.read(path, 4))


def test_console(kernel_name):
    command = [sys.executable, "-m", "jupyter", "console", "--simple-prompt", "--kernel", kernel_name]
    lines = "x = 20\nprint('sum', x + 1)\nexit\n"
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120)
    assert "sum 21" in done.stdout, done.stdout + done.stderr
    assert "thoth: %thoth help" in done.stdout


def test_the_environments_own_jupyter_client_finds_it(kernel_name):
    command = [sys.executable, "-m", "jupyter", "kernelspec", "list", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    spec = json.loads(done.stdout)["kernelspecs"][kernel_name]
    assert spec["resource_dir"].startswith(sys.prefix)
    assert spec["spec"]["display_name"] == "Python 3 (thoth)"
    assert spec["spec"]["language"] == "python" and spec["spec"]["metadata"]["debugger"] is True


@pytest.fixture
def server(tmp_path):
    """Address of a Jupyter server that ends with the test."""
    runtime = tmp_path / "runtime"
    environment = dict(os.environ, JUPYTER_RUNTIME_DIR=str(runtime), PATH="/usr/bin:/bin")
    options = ["--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--ServerApp.open_browser=False", "--allow-root"]
    command = [sys.executable, "-m", "jupyter_server", *options, "--IdentityProvider.token=t"]
    running = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL)
    wait_for(lambda: list(runtime.glob("jpserver-*.json")), seconds=60, what="the server")
    [info] = runtime.glob("jpserver-*.json")
    yield wait_for(lambda: info.read_text() and json.loads(info.read_text()), what="its address")["url"]
    running.terminate()
    running.wait(timeout=30)


def test_a_server_sees_it_live_and_die(kernel_name, server):
    """Over REST and websocket, as JupyterLab does; the server's PATH does not hold our bin."""
    from tornado.httpclient import AsyncHTTPClient, HTTPRequest
    from tornado.websocket import websocket_connect

    async def run():
        client = AsyncHTTPClient()
        headers = {"Authorization": "token t"}
        post = HTTPRequest(server + "api/kernels", "POST", headers, json.dumps({"name": kernel_name}))
        kernel = json.loads((await client.fetch(post)).body)["id"]
        address = server.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels?session_id=s&token=t"
        socket = await websocket_connect(address)
        await socket.write_message(execute_request("print(6 * 7)"))
        shown = await message_until(socket, lambda m: m["msg_type"] == "stream")
        await socket.write_message(execute_request("import os; os._exit(3)"))
        state = await message_until(socket, lambda m: m["content"].get("execution_state") in ("restarting", "dead"))
        await message_until(socket, lambda m: m["content"].get("execution_state") in ("idle", "starting"))
        await client.fetch(HTTPRequest(server + "api/kernels/" + kernel, "DELETE", headers))
        socket.close()
        return shown["content"]["text"], state["content"]["execution_state"]

    assert asyncio.run(run()) == ("42\n", "restarting")


def test_a_server_runs_it(kernel_name):
    from jupyter_client.multikernelmanager import AsyncMultiKernelManager

    async def run():
        managers = AsyncMultiKernelManager()
        kernel = await managers.start_kernel(kernel_name=kernel_name, stderr=subprocess.DEVNULL)
        client = managers.get_kernel(kernel).client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        reply = await client.execute("1", reply=True)
        client.stop_channels()
        await managers.shutdown_all(now=True)
        return reply["content"]["status"]

    assert asyncio.run(run()) == "ok"
