"""The life of a kernel behind the companion: interrupts, restarts, ends, and strange clients."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest
import zmq
from conftest import PREFIX, alive, descendants, processes, wait_for


def private_folders():
    """Folders of companions in the place where this test session's companions make them."""
    return set(pathlib.Path(os.environ["TMPDIR"]).glob("thoth-kernel-*"))


def started(kernel, request, by="execute_input"):
    """Wait until the kernel has begun this request; by="stream": until its cell has printed something."""
    while True:
        message = kernel.client.get_iopub_msg(timeout=20)
        if message["msg_type"] == by and message["parent_header"]["msg_id"] == request:
            return


def errors(outputs):
    return [m["content"]["ename"] for m in outputs if m["msg_type"] == "error"]


def test_the_first_process_is_the_companion(kernel):
    command = processes()[kernel.pid][2]
    assert os.readlink(f"/proc/{kernel.pid}/exe") == str(PREFIX / "bin" / "thoth-kernel")
    assert command[1:3] == ["--python", command[2]]
    assert kernel.text("import sys; print(sys.prefix, sys.executable)").split() == [
        str(PREFIX),
        str(PREFIX / "bin" / "python3"),
    ]


def test_starts_with_any_path(start):
    kernel = start(env={"PATH": "/nonexistent"})
    assert kernel.text("print(1)") == "1\n"


def test_hides_the_kernel_in_a_private_folder(kernel):
    [folder] = private_folders()
    assert folder.stat().st_mode & 0o777 == 0o700
    files = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    name = pathlib.Path(kernel.manager.connection_file).name
    assert files[name] == 0o600 and files["thoth.socket"] == 0o600
    assert json.loads((folder / name).read_text())["transport"] == "ipc"
    assert kernel.text("import ipykernel; print(ipykernel.get_connection_file())").strip() == str(folder / name)


@pytest.mark.parametrize("mode", ["signal", "message"])
def test_interrupts_python(kernel, mode):
    kernel.manager.kernel_spec.interrupt_mode = mode
    request = kernel.client.execute("import time\nprint('now', flush=True)\ntime.sleep(60)")
    # Once, and in the cell's own code: what an interrupt just before or after it does is ipykernel's matter.
    started(kernel, request, by="stream")
    kernel.manager.interrupt_kernel()
    assert "KeyboardInterrupt" in errors(kernel.collect(request)[1])
    assert kernel.text("print('fine')") == "fine\n"


@pytest.mark.parametrize("mode", ["signal", "message"])
def test_interrupts_a_child_of_a_cell(kernel, mode):
    kernel.manager.kernel_spec.interrupt_mode = mode
    request = kernel.client.execute("!sleep 61")

    def sleeping():
        return [pid for pid in descendants(kernel.pid) if processes().get(pid, (0, "", []))[2][:2] == ["sleep", "61"]]

    [pid] = wait_for(sleeping, what="the child")
    kernel.manager.interrupt_kernel()
    wait_for(lambda: not alive(pid), seconds=20, what="the end of the child")
    assert kernel.text("print('fine')") == "fine\n"


def test_replies_to_an_interrupt_request(kernel):
    message = kernel.client.session.msg("interrupt_request", {})
    kernel.client.control_channel.send(message)
    reply = kernel.client.get_control_msg(timeout=30)
    assert reply["msg_type"] == "interrupt_reply"
    assert reply["content"] == {"status": "ok"}
    assert reply["parent_header"]["msg_id"] == message["header"]["msg_id"]


def heeds_interrupts(pid):
    """Whether it is past the first instructions of a program, where any interrupt ends it."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    held = [int(mask, 16) for mask in re.findall(r"Sig(?:Blk|Ign|Cgt):\s*(\w+)", status)]
    return any(mask >> signal.SIGINT - 1 & 1 for mask in held)


def test_an_interrupt_while_starting_does_no_harm(kernel_name):
    from jupyter_client import KernelManager

    manager = KernelManager(kernel_name=kernel_name)
    manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        client = manager.client()
        client.start_channels()
        wait_for(lambda: heeds_interrupts(manager.provisioner.pid), what="the first instructions")
        for _ in range(20):
            manager.interrupt_kernel()
            time.sleep(0.01)
        client.wait_for_ready(timeout=60)
        client.stop_channels()
    finally:
        manager.shutdown_kernel(now=True)


def test_an_interrupt_does_not_cost_the_magic(tmp_path):
    """One that comes while the kernel takes %thoth: it is given once more, and then no more."""
    connection = tmp_path / "kernel-1.json"
    notes = tmp_path / "notes"
    ports = {name: port for port, name in enumerate(PORTS, 1)}
    connection.write_text(json.dumps(dict(ports, transport="ipc", ip=str(tmp_path / "i"), key="k")))
    program = pathlib.Path(__file__).parent / "programs" / "interrupted_kernel.py"
    command = [str(PREFIX / "bin" / "thoth-kernel"), "-f", str(connection), "--", sys.executable, str(program)]
    companion = subprocess.Popen([*command, "{connection_file}", str(notes)], stderr=subprocess.PIPE, text=True)
    wait_for(lambda: notes.exists() and notes.read_text() == "cell\n" * 2, what="the second time")
    companion.terminate()
    assert companion.communicate(timeout=30)[1] == ""
    assert notes.read_text() == "cell\n" * 2


def test_restarts(kernel):
    kernel.run("x = 1")
    kernel.manager.restart_kernel()
    kernel.client.wait_for_ready(timeout=60)
    reply, outputs = kernel.run("x")
    assert errors(outputs) == ["NameError"]
    assert reply["execution_count"] == 1
    assert len(private_folders()) == 1


def everything(kernel):
    return [kernel.pid, *descendants(kernel.pid)]


def test_shutdown_leaves_nothing(kernel):
    kernel.run("%system true")
    pids = everything(kernel)
    kernel.manager.shutdown_kernel()
    assert [pid for pid in pids if alive(pid)] == []
    assert private_folders() == set()


def test_shutdown_now_takes_the_children_of_cells(kernel):
    request = kernel.client.execute("!sleep 62")
    started(kernel, request)
    wait_for(lambda: len(descendants(kernel.pid)) >= 2, what="the child")
    pids = everything(kernel)
    kernel.manager.shutdown_kernel(now=True)
    wait_for(lambda: not [pid for pid in pids if alive(pid)], seconds=20, what="the end of all")


def test_sigterm_ends_all(kernel):
    pids = everything(kernel)
    os.kill(kernel.pid, signal.SIGTERM)
    wait_for(lambda: not [pid for pid in pids if alive(pid)], seconds=20, what="the end of all")
    assert private_folders() == set()


def test_a_killed_companion_takes_the_kernel_along(kernel):
    pids = everything(kernel)
    os.kill(kernel.pid, signal.SIGKILL)
    wait_for(lambda: not [pid for pid in pids if alive(pid)], seconds=20, what="the end of the kernel")


def test_the_next_start_sweeps_what_a_killed_companion_left(start):
    killed = start()
    [left] = private_folders()
    pids = everything(killed)
    os.kill(killed.pid, signal.SIGKILL)
    wait_for(lambda: not [pid for pid in pids if alive(pid)], seconds=20, what="the end of the kernel")
    assert private_folders() == {left}
    start()
    assert len(private_folders()) == 1 and left not in private_folders()


CLIENT = """
import sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name=sys.argv[1], startup_timeout=60)
client.execute("!sleep 63")
print(manager.provisioner.pid, flush=True)
sys.stdin.read()
"""


def test_a_killed_client_leaves_nothing(kernel_name):
    command = [sys.executable, "-c", CLIENT, kernel_name]
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    companion = int(client.stdout.readline())
    wait_for(lambda: len(descendants(companion)) >= 2, what="the kernel and its child")
    pids = [companion, *descendants(companion)]
    client.kill()
    wait_for(lambda: not [pid for pid in pids if alive(pid)], seconds=20, what="the end of all")
    assert private_folders() == set()
    client.wait()
    client.stdin.close()
    client.stdout.close()


@pytest.mark.parametrize("code, status", [("import os; os._exit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)])
def test_tells_the_manager_how_the_kernel_died(kernel, code, status):
    process = kernel.process
    kernel.client.execute(code)
    assert process.wait(timeout=30) == status
    assert not kernel.manager.is_alive()
    assert private_folders() == set()


LAST_WORDS = """
import os, signal, time
os.kill(os.getppid(), signal.SIGSTOP)
print('last words', flush=True)
time.sleep(0.5)  # ipykernel's threads send them
os._exit(7)
"""


def test_passes_on_what_a_kernel_said_before_it_died(kernel):
    """The companion is stopped meanwhile: words and death reach it at the same time."""
    process = kernel.process
    [child] = descendants(kernel.pid)
    kernel.client.execute(LAST_WORDS)
    wait_for(lambda: not alive(child), what="the death")
    os.kill(kernel.pid, signal.SIGCONT)
    said = []
    while "last words\n" not in said:  # or no message comes
        said.append(kernel.client.get_iopub_msg(timeout=30)["content"].get("text"))
    assert process.wait(timeout=30) == 7


def test_a_server_restarts_it(kernel):
    from jupyter_client.ioloop import IOLoopKernelRestarter  # noqa: F401  the class servers use
    from jupyter_client.restarter import KernelRestarter

    restarter = KernelRestarter(kernel_manager=kernel.manager, parent=kernel.manager)
    kernel.client.execute("import os; os._exit(1)")
    wait_for(lambda: not kernel.manager.is_alive(), what="the death")
    restarter.poll()
    kernel.client.wait_for_ready(timeout=60)
    assert kernel.text("print('again')") == "again\n"


PORTS = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]


@pytest.mark.parametrize(
    "text, words",
    [
        (None, "check the path"),
        ("", "a JSON object"),
        ("{", "a JSON object"),
        ("[]", "a JSON object"),
        ("{}", '"ip"'),
        ('{"ip": "127.0.0.1", "shell_port": 1}', '"iopub_port"'),
        ('{"ip": "127.0.0.1", "shell_port": 70000}', '"shell_port"'),
        ('{"ip": 7}', '"ip"'),
        ('{"ip": "h", "signature_scheme": "hmac-md5", "key": "k", %s}', '"hmac-sha256"'),
        ('{"ip": "h", "transport": "carrier-pigeon", %s}', '"transport"'),
        ('{"ip": "h", "curve_secretkey": "x", %s}', "curve_secretkey"),
        ('{"ip": "h", "registration_port": 5, %s}', "registration"),
    ],
)
def test_says_what_is_wrong_with_a_connection_file(tmp_path, text, words):
    connection = tmp_path / "kernel-1.json"
    if text is not None:
        ports = ", ".join(f'"{name}": {port}' for port, name in enumerate(PORTS, 1))
        connection.write_text(text.replace("%s", ports))
    command = [str(PREFIX / "bin" / "thoth-kernel"), "-f", str(connection)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 3
    assert words in done.stderr and "kernel-1.json" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["-f"], ["--nonsense", "-f", "x"]])
def test_refuses_wrong_arguments(arguments):
    command = [str(PREFIX / "bin" / "thoth-kernel"), *arguments]
    assert subprocess.run(command, capture_output=True, timeout=30).returncode == 2


def test_drops_messages_with_a_wrong_signature(kernel):
    info = kernel.client.get_connection_info()
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(f"tcp://127.0.0.1:{info['shell_port']}")
    message = kernel.client.session.msg("execute_request", {"code": "forged = 1", "silent": False})
    wire = kernel.client.session.serialize(message)
    for forged in (
        [wire[0], b"0" * 64, *wire[2:]],
        [wire[0], b"", *wire[2:]],
        [*wire[:5], wire[5].replace(b"forged", b"f0rged")],
        wire[:4],
        [b"no delimiter"],
        [b"x"] * 2000,
    ):
        socket.send_multipart(forged)
    socket.send_multipart(kernel.client.session.serialize(kernel.client.session.msg("kernel_info_request", {})))
    assert socket.poll(20000), "a rightly signed message on the same socket is answered"
    assert b"kernel_info_reply" in socket.recv_multipart()[2]
    assert kernel.text("print([n for n in ('forged', 'f0rged') if n in globals()])") == "[]\n"
    assert "wrong_signature=1" in kernel.stderr()
    context.destroy()


def test_drops_messages_that_come_twice(kernel):
    info = kernel.client.get_connection_info()
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(f"tcp://127.0.0.1:{info['control_port']}")
    message = kernel.client.session.serialize(kernel.client.session.msg("interrupt_request", {}))
    for _ in range(3):
        socket.send_multipart(message)
    socket.send_multipart(kernel.client.session.serialize(kernel.client.session.msg("kernel_info_request", {})))
    replies = []
    while not replies or b"kernel_info_reply" not in replies[-1]:
        assert socket.poll(20000)
        replies.append(socket.recv_multipart()[2])
    assert len([reply for reply in replies if b"interrupt_reply" in reply]) == 1
    assert "replayed=1" in kernel.stderr()
    context.destroy()


def test_leaves_out_output_that_nobody_takes(start):
    """A reader that stops reading does not fill the memory; the user is told, and cells still end."""
    kernel = start(env={"THOTH_QUEUE_BYTES": "20000000"})
    info = kernel.client.get_connection_info()
    context = zmq.Context()
    slow = context.socket(zmq.SUB)
    slow.rcvhwm = 1
    slow.linger = 0
    slow.connect(f"tcp://127.0.0.1:{info['iopub_port']}")
    slow.subscribe(b"")
    assert slow.poll(20000)
    code = "from IPython.display import display\nfor i in range(200): display({'text/plain': 'x' * 1_000_000}, raw=True)"
    _, outputs = kernel.run(code, timeout=60)
    told = [m["content"]["text"] for m in outputs if m["msg_type"] == "stream"]
    assert len(told) == 1 and "left out" in told[0]
    assert 10 < len([m for m in outputs if m["msg_type"] == "display_data"]) < 190
    assert rss_mb(kernel.pid) < 80
    slow.close()
    wait_for(lambda: "left out" not in kernel.text("print('x' * 1000)"), what="the end of the flood")
    assert len(kernel.text("print('x' * 10_000_000)")) == 10_000_001
    context.destroy()


def rss_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s*(\d+)", status)[1]) / 1000


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_encrypts_what_clients_say(start, transport):
    """transport_encryption: required; who does not know the key is not heard."""
    kernel = start(transport_encryption="required", transport=transport)
    info = json.loads(pathlib.Path(kernel.manager.connection_file).read_text())
    assert len(info["curve_secretkey"]) == 40
    assert kernel.text("print('secret')") == "secret\n"
    assert kernel.client.hb_channel.is_beating()
    [folder] = private_folders()
    child = json.loads((folder / pathlib.Path(kernel.manager.connection_file).name).read_text())
    assert [name for name in child if name.startswith("curve")] == []
    context = zmq.Context()
    plain = context.socket(zmq.DEALER)
    plain.linger = 0
    address = f"ipc://{info['ip']}-" if transport == "ipc" else f"tcp://{info['ip']}:"
    plain.connect(f"{address}{info['shell_port']}")
    plain.send_multipart(kernel.client.session.serialize(kernel.client.session.msg("kernel_info_request", {})))
    assert not plain.poll(1000)
    context.destroy()


def test_asks_the_right_client_for_input(kernel):
    other = kernel.new_client()
    other.wait_for_ready(timeout=30)
    mine = kernel.client.execute("print(input('first? '))", allow_stdin=True)
    question = kernel.client.get_stdin_msg(timeout=30)
    assert question["content"]["prompt"] == "first? "
    kernel.client.input("one")
    assert kernel.collect(mine)[1][-1]["content"]["text"] == "one\n"
    theirs = other.execute("print(input('second? '))", allow_stdin=True)
    assert other.get_stdin_msg(timeout=30)["content"]["prompt"] == "second? "
    assert not kernel.client.stdin_channel.msg_ready()
    other.input("two")
    assert kernel.collect(theirs, client=other)[1][-1]["content"]["text"] == "two\n"
    other.stop_channels()


def test_two_clients_see_the_same_iopub_and_their_own_replies(kernel):
    other = kernel.new_client()
    other.wait_for_ready(timeout=30)
    theirs = other.execute("print('theirs')")
    mine = kernel.client.execute("print('mine')")
    assert kernel.collect(mine)[1][-1]["content"]["text"] == "mine\n"
    _, outputs = kernel.collect(theirs, client=other)
    assert outputs[-1]["content"]["text"] == "theirs\n"
    other.stop_channels()


def test_welcomes_every_subscriber(kernel):
    info = kernel.client.get_connection_info()
    context = zmq.Context()
    for topic in (b"", b"stream", b"\xff\xfe"):
        socket = context.socket(zmq.SUB)
        socket.linger = 0
        socket.connect(f"tcp://127.0.0.1:{info['iopub_port']}")
        socket.subscribe(topic)
        if topic == b"\xff\xfe":
            assert not socket.poll(300), "no welcome for a topic that is not UTF-8"
            continue
        assert socket.poll(20000)
        frames = socket.recv_multipart()
        if topic:
            assert frames.pop(0) == topic
        assert frames[0] == b"<IDS|MSG>"
        message = kernel.client.session.deserialize(frames[1:])
        assert message["msg_type"] == "iopub_welcome"
        assert message["content"] == {"subscription": topic.decode()}
        assert message["parent_header"] == {}
    context.destroy()


def test_answers_the_heartbeat_while_the_kernel_works(kernel):
    info = kernel.client.get_connection_info()
    context = zmq.Context()
    socket = context.socket(zmq.REQ)
    socket.linger = 0
    socket.connect(f"tcp://127.0.0.1:{info['hb_port']}")
    request = kernel.client.execute("sum(range(30_000_000))")
    for i in range(20):
        socket.send(b"ping %d" % i)
        assert socket.poll(20000)
        assert socket.recv() == b"ping %d" % i
    kernel.collect(request)
    context.destroy()


def test_tells_the_ports_that_clients_can_reach(kernel):
    message = kernel.client.session.msg("connect_request", {})
    kernel.client.shell_channel.send(message)
    reply, _ = kernel.collect(message["header"]["msg_id"])
    info = kernel.client.get_connection_info()
    assert {name: reply[name] for name in PORTS[:2]} == {name: info[name] for name in PORTS[:2]}


def test_adds_a_line_to_the_banner(kernel):
    reply = kernel.client.kernel_info(reply=True)["content"]
    assert reply["implementation"] == "ipython"
    assert "IPython" in reply["banner"] and reply["banner"].splitlines()[-1].startswith("thoth:")


def test_passes_large_outputs(kernel):
    code = "from IPython.display import display\ndisplay({'text/plain': 'z' * 10_000_000}, raw=True)"
    _, outputs = kernel.run(code)
    [shown] = [m for m in outputs if m["msg_type"] == "display_data"]
    assert len(shown["content"]["data"]["text/plain"]) == 10_000_000


def test_passes_buffers(kernel):
    code = "from comm import create_comm\nc = create_comm('t', buffers=[b'\\x00\\xff' * 500_000])"
    _, outputs = kernel.run(code)
    [opened] = [m for m in outputs if m["msg_type"] == "comm_open"]
    assert bytes(opened["buffers"][0]) == b"\x00\xff" * 500_000


@pytest.mark.timeout(300)
def test_loses_none_of_many_small_outputs(kernel):
    """A reader that starts only when all has been said: plain ipykernel loses most of it."""
    info = kernel.client.get_connection_info()
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.rcvhwm = 1000
    socket.linger = 0
    socket.connect(f"tcp://127.0.0.1:{info['iopub_port']}")
    socket.subscribe(b"")
    assert b"iopub_welcome" in socket.recv_multipart()[2]
    code = """if True:
        kernel = get_ipython().kernel  # display() would take four times as long
        parent = kernel.get_parent()
        kernel.iopub_thread.socket.sndhwm = 0  # else it drops what is over 1,000 itself when the machine is busy
        for i in range(100_000):
            content = {'data': {'text/plain': str(i)}, 'metadata': {}, 'transient': {}}
            kernel.session.send(kernel.iopub_socket, 'display_data', content, parent=parent)
    """
    kernel.client.stop_channels()
    kernel.client = kernel.new_client()
    request = kernel.client.execute(code)
    kernel.client.get_shell_msg(timeout=280)
    shown = []
    while socket.poll(5000):
        frames = socket.recv_multipart()[-6:]
        if request.encode() not in frames[3]:
            continue
        if b'"display_data"' in frames[2]:
            shown.append(json.loads(frames[5])["data"]["text/plain"])
        if b'"idle"' in frames[5]:
            break
    assert shown == [str(i) for i in range(100_000)]
    context.destroy()


def test_passes_what_it_does_not_know(kernel):
    message = kernel.client.session.msg("create_subshell_request", {})
    kernel.client.control_channel.send(message)
    reply = kernel.client.get_control_msg(timeout=30)
    assert reply["msg_type"] == "create_subshell_reply" and reply["content"]["status"] == "ok"
    subshell = reply["content"]["subshell_id"]
    busy = kernel.client.execute("import time; time.sleep(2)")
    content = {"code": "print('beside')", "silent": False, "store_history": True, "user_expressions": {}}
    beside = kernel.client.session.msg("execute_request", content)
    beside["header"]["subshell_id"] = subshell
    kernel.client.shell_channel.send(beside)
    begun = time.monotonic()
    while True:
        message = kernel.client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "stream":
            break
    assert message["content"]["text"] == "beside\n"
    assert message["parent_header"]["subshell_id"] == subshell
    assert time.monotonic() - begun < 1.5
    kernel.collect(busy)


def test_debugs(kernel):
    content = {"type": "request", "seq": 1, "command": "debugInfo", "arguments": {}}
    message = kernel.client.session.msg("debug_request", content)
    kernel.client.control_channel.send(message)
    reply = kernel.client.get_control_msg(timeout=30)
    assert reply["msg_type"] == "debug_reply" and reply["content"]["success"]


def test_a_shutdown_while_starting_is_heard(kernel_name):
    from jupyter_client import KernelManager

    manager = KernelManager(kernel_name=kernel_name)
    manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process = manager.provisioner.process
    manager.shutdown_kernel()
    assert process.returncode is None or process.poll() is not None
    assert not manager.is_alive()
