"""Kernels that are no IPython, kernels that do not start, and kernels that start elsewhere."""

import json
import os
import pathlib
import subprocess
import sys
import time

import pytest
from conftest import PREFIX, alive, descendants, wait_for

PROGRAMS = pathlib.Path(__file__).parent / "programs"
COMPANION = str(PREFIX / "bin" / "thoth-kernel")


@pytest.fixture
def spec(tmp_path, monkeypatch):
    """spec(words of thoth-kernel, ...) makes a kernelspec and gives its name."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))

    def make(*words, name="made", language="python"):
        folder = tmp_path / "jupyter" / "kernels" / name
        folder.mkdir(parents=True)
        argv = [COMPANION, "-f", "{connection_file}", *words]
        text = {"argv": argv, "display_name": name, "language": language, "interrupt_mode": "signal"}
        (folder / "kernel.json").write_text(json.dumps(text))
        return name

    return make


@pytest.fixture
def notes(tmp_path, monkeypatch):
    path = tmp_path / "notes"
    path.touch()
    monkeypatch.setenv("THOTH_WORKER", str(PROGRAMS / "fake_worker.py"))
    monkeypatch.setenv("FAKE_WORKER_NOTES", str(path))
    return path


def requests(notes):
    return [json.loads(line) for line in notes.read_text().splitlines()]


@pytest.fixture
def echo(spec, start, notes):
    words = ["--language", "echo", "--interrupt", "default", "--"]
    kernel = [sys.executable, str(PROGRAMS / "echo_kernel.py"), "{connection_file}"]
    return start(name=spec(*words, *kernel, language="echo"))


def shown(outputs):
    return [m["content"]["data"]["text/plain"] for m in outputs if m["msg_type"] == "display_data"]


def errors(outputs):
    return [(m["content"]["ename"], m["content"]["evalue"]) for m in outputs if m["msg_type"] == "error"]


def test_another_language_runs_as_it_does_alone(echo):
    info = echo.client.kernel_info(reply=True)["content"]
    assert info["language_info"]["name"] == "echo" and info["protocol_version"] == "5.3"
    assert echo.text("héllo") == "héllo\n"
    reply, outputs = echo.run("fail")
    assert reply["status"] == "error" and errors(outputs) == [("ValueError", "fail")]
    request = echo.client.execute("sleep 60")
    time.sleep(0.5)

    def interrupted():
        echo.manager.interrupt_kernel()
        return echo.client.shell_channel.msg_ready()

    wait_for(interrupted, what="the end of the cell")
    assert errors(echo.collect(request)[1]) == [("KeyboardInterrupt", "")]
    assert echo.text("again") == "again\n"


def test_another_language_has_thoth(echo, notes):
    echo.run("one")
    reply, outputs = echo.run("%thoth lock --upgrade")
    assert reply == {"status": "ok", "execution_count": 2, "user_expressions": {}, "payload": []}
    assert [m["msg_type"] for m in outputs] == ["execute_input", "display_data"]
    assert outputs[0]["content"] == {"code": "%thoth lock --upgrade", "execution_count": 2}
    assert shown(outputs) == ["lock --upgrade"]
    assert outputs[1]["content"]["data"]["text/html"] == "<i>lock --upgrade</i>"
    echo.run("%%thoth requirements\nflask\n# ünïcode")
    echo.run("%horus show")
    sent = requests(notes)
    assert [request["command"] for request in sent] == ["lock", "requirements", "show"]
    assert sent[1]["body"] == "flask\n# ünïcode"
    assert [cell["source"] for cell in sent[2]["notebook"]["cells"]][:2] == ["one", "%thoth lock --upgrade"]


def test_what_is_not_thoth_alone_is_the_kernels(echo, notes):
    for code in ["x\n%thoth lock", "%thothx", "# %thoth lock", "%thoth lock\ny"]:
        assert echo.text(code) == code + "\n"
    assert requests(notes) == []


def test_waits_for_the_cells_before_it(echo, notes):
    first = echo.client.execute("sleep 1")
    second = echo.client.execute("%thoth lock")
    third = echo.client.execute("after")
    order = []
    while len(order) < 3:
        message = echo.client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            order.append(message["parent_header"]["msg_id"])
    assert order == [first, second, third]


def test_an_error_stops_what_follows(echo, notes):
    failing = echo.client.execute("%thoth fail")
    after = echo.client.execute("after")
    reply, outputs = echo.collect(failing)
    assert reply["status"] == "error" and reply["ename"] == "ThothError"
    assert errors(outputs)[0][1] == "expected '==' in 'flask>=3'\n  hint: write the exact version"
    assert echo.collect(after)[0]["status"] in ("aborted", "ok")  # ok: it came only then
    assert echo.text("again") == "again\n"


@pytest.mark.parametrize("mode", ["signal", "message"])
def test_is_interrupted_at_once(echo, notes, mode):
    echo.manager.kernel_spec.interrupt_mode = mode
    request = echo.client.execute("%thoth hang")
    wait_for(lambda: requests(notes), what="the request at the worker")
    begun = time.monotonic()
    echo.manager.interrupt_kernel()
    reply, outputs = echo.collect(request)
    assert time.monotonic() - begun < 0.3
    assert reply["ename"] == "KeyboardInterrupt"
    wait_for(lambda: [r for r in requests(notes) if r.get("cancel")], what="the cancel at the worker")
    assert shown(echo.run("%thoth lock")[1]) == ["lock"]


def test_a_kernel_that_wants_messages_gets_the_interrupt_itself(spec, start, notes):
    kernel = [sys.executable, str(PROGRAMS / "echo_kernel.py"), "{connection_file}"]
    echo = start(name=spec("--language", "echo", "--interrupt", "message", "--", *kernel, language="echo"))
    echo.manager.kernel_spec.interrupt_mode = "message"
    request = echo.client.execute("wait")
    while echo.client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
        pass
    echo.client.control_channel.send(echo.client.session.msg("interrupt_request", {}))
    assert echo.client.get_control_msg(timeout=30)["content"] == {"status": "ok", "by": "echo"}
    reply, outputs = echo.collect(request)
    assert errors(outputs) == [("KeyboardInterrupt", "")]
    assert echo.text("again") == "again\n"


def test_shows_progress_in_one_place(echo):
    _, outputs = echo.run("%thoth slow")
    kinds = [m["msg_type"] for m in outputs]
    assert kinds[:2] == ["execute_input", "display_data"] and set(kinds[2:]) == {"update_display_data"}
    assert len({m["content"]["transient"]["display_id"] for m in outputs[1:]}) == 1
    assert outputs[1]["content"]["data"]["text/plain"] == "index 0/40"
    assert outputs[-1]["content"]["data"]["text/plain"] == "slow"


def test_the_death_of_another_kernel_is_told(echo):
    process = echo.process
    echo.client.execute("die")
    assert process.wait(timeout=30) == 5


@pytest.fixture(params=["ends", "missing"])
def broken(request, spec, start, notes):
    """A kernel that does not come up."""
    if request.param == "ends":
        words = ["--language", "python", "--", "sh", "-c", "echo no ipykernel here >&2; exit 3"]
    else:
        words = ["--python", "/nonexistent/bin/python"]
    kernel = start(name=spec(*words))
    kernel.reason = "ended with status 3" if request.param == "ends" else "cannot start '/nonexistent/bin/python'"
    return kernel


def test_a_kernel_that_does_not_start_says_why(broken):
    info = broken.client.kernel_info(reply=True)["content"]
    assert info["status"] == "ok" and info["implementation"] == "thoth"
    assert info["language_info"]["name"] == "python" and info["language_info"]["file_extension"] == ".py"
    assert broken.reason in info["banner"]
    reply, outputs = broken.run("1 + 1")
    assert reply["status"] == "error" and reply["execution_count"] == 1
    [(name, text)] = errors(outputs)
    assert name == "KernelError" and broken.reason in text
    assert broken.reason in broken.stderr()
    assert broken.manager.is_alive()


def test_a_kernel_that_does_not_start_still_has_thoth(broken, notes):
    broken.run("import flask")
    reply, outputs = broken.run("%thoth lock")
    assert reply["status"] == "ok" and reply["execution_count"] == 2 and shown(outputs) == ["lock"]
    assert [cell["source"] for cell in requests(notes)[0]["notebook"]["cells"]] == ["import flask", "%thoth lock"]
    assert broken.client.complete("%thoth lo", 9, reply=True)["content"]["matches"] == ["lock"]


def test_a_kernel_that_does_not_start_answers_everything(broken):
    client = broken.client
    assert client.complete("zi", 2, reply=True)["content"]["matches"] == []
    assert client.inspect("zip", 3, reply=True)["content"]["found"] is False
    client.is_complete("1")
    assert client.get_shell_msg(timeout=30)["content"]["status"] == "complete"
    assert client.history(reply=True)["content"]["history"] == []
    assert client.comm_info(reply=True)["content"]["comms"] == {}
    assert client.execute("", silent=True, reply=True)["content"]["status"] == "ok"
    for kind in ["debug_request", "create_subshell_request", "usage_request", "nonsense_request"]:
        message = client.session.msg(kind, {})
        client.control_channel.send(message)
        reply = client.get_control_msg(timeout=30)
        assert reply["msg_type"] == kind.replace("request", "reply")
        assert reply["content"]["status"] == "error" and broken.reason in reply["content"]["evalue"]


def test_a_kernel_that_does_not_start_shuts_down(broken):
    pids = [broken.pid, *descendants(broken.pid)]
    process = broken.process
    begun = time.monotonic()
    broken.manager.shutdown_kernel()
    assert time.monotonic() - begun < 20
    assert process.returncode in (0, None) and not [pid for pid in pids if alive(pid)]


def test_a_kernel_that_does_not_start_is_told_by_nbclient(broken):
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    with pytest.raises(CellExecutionError, match="there is no kernel"):
        NotebookClient(made, kernel_name="made", timeout=60).execute()


def test_starts_the_python_that_it_is_told(spec, start, tmp_path):
    """--python, and THOTH_ENV before it; both with the environment's own packages."""
    for name in ("one", "two"):
        command = [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", str(tmp_path / name)]
        subprocess.run(command, check=True, timeout=120)
        # a venv of a venv sees the base alone; its packages come by a path file
        [site] = (tmp_path / name).glob("lib/python*/site-packages")
        here = next(path for path in sys.path if path.endswith("site-packages"))
        (site / "beside.pth").write_text(here + "\n")
    made = spec("--python", str(tmp_path / "one" / "bin" / "python"))
    assert start(name=made).text("import sys; print(sys.prefix)").strip() == str(tmp_path / "one")
    kernel = start(name=made, env={"THOTH_ENV": str(tmp_path / "two")})
    assert kernel.text("import sys; print(sys.prefix)").strip() == str(tmp_path / "two")


def test_says_when_the_environment_is_missing(spec, start):
    kernel = start(name=spec("--python", sys.executable), env={"THOTH_ENV": "/nonexistent/env"})
    assert "/nonexistent/env/bin/python" in errors(kernel.run("1")[1])[0][1]


def test_a_python_without_ipython_has_thoth(spec, start, notes):
    """xeus-python without IPython, where it is installed: another kernel's Python."""
    xeus = PREFIX / "bin" / "xpython"
    raw = PREFIX / "share" / "jupyter" / "kernels" / "xpython-raw" / "kernel.json"
    if not raw.exists():
        pytest.skip("xeus-python is not installed")
    argv = json.loads(raw.read_text())["argv"]
    kernel = start(name=spec("--", *argv))
    assert kernel.text("print(6 * 7)") == "42\n", xeus
    assert shown(kernel.run("%thoth lock")[1]) == ["lock"]
