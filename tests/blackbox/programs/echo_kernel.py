"""A kernel of another language: echo_kernel.py CONNECTION_FILE. A cell prints its own text.

"sleep S" sleeps, "fail" is an error, "die" ends the kernel; SIGINT ends a sleep. "wait" waits for an
interrupt_request, which is what a kernel of `interrupt_mode: message` gets. It speaks protocol 5.3: no
iopub_welcome, no subshells.
"""

import json
import os
import pathlib
import sys
import time

import zmq
from jupyter_client.session import Session

connection = json.loads(pathlib.Path(sys.argv[1]).read_text())
session = Session(key=connection["key"].encode())
context = zmq.Context()


def bound(kind, name):
    socket = context.socket(kind)
    socket.bind(f"ipc://{connection['ip']}-{connection[name]}")
    return socket


shell, control = bound(zmq.ROUTER, "shell_port"), bound(zmq.ROUTER, "control_port")
iopub = bound(zmq.PUB, "iopub_port")
poller = zmq.Poller()
poller.register(shell, zmq.POLLIN)
poller.register(control, zmq.POLLIN)
count = 0
INFO = {
    "status": "ok",
    "protocol_version": "5.3",
    "implementation": "echo",
    "implementation_version": "1",
    "language_info": {"name": "echo", "version": "1", "mimetype": "text/plain", "file_extension": ".echo"},
    "banner": "echo",
}


def execute(request):
    global count
    content = request["content"]
    code = content["code"]
    if content.get("store_history", True) and not content["silent"]:
        count += 1
    session.send(iopub, "execute_input", {"code": code, "execution_count": count}, parent=request)
    try:
        if code.startswith("sleep "):
            time.sleep(float(code.split()[1]))
        if code == "wait":
            session.send(iopub, "stream", {"name": "stdout", "text": "waiting\n"}, parent=request)
            identity, interrupt = session.feed_identities(control.recv_multipart())
            interrupt = session.deserialize(interrupt)
            assert interrupt["msg_type"] == "interrupt_request", interrupt
            session.send(control, "interrupt_reply", {"status": "ok", "by": "echo"}, parent=interrupt, ident=identity)
            raise KeyboardInterrupt
        if code == "fail":
            raise ValueError(code)
        if code == "die":
            os._exit(5)
    except (KeyboardInterrupt, ValueError) as error:
        told = {"ename": type(error).__name__, "evalue": str(error), "traceback": []}
        session.send(iopub, "error", told, parent=request)
        return {"status": "error", "execution_count": count, **told}
    if not content["silent"]:
        session.send(iopub, "stream", {"name": "stdout", "text": code + "\n"}, parent=request)
    return {"status": "ok", "execution_count": count, "user_expressions": {}}


while True:
    try:
        ready = dict(poller.poll())
    except KeyboardInterrupt:
        continue
    for socket in ready:
        identity, request = session.feed_identities(socket.recv_multipart())
        request = session.deserialize(request)
        kind = request["msg_type"]
        session.send(iopub, "status", {"execution_state": "busy"}, parent=request)
        if kind == "execute_request":
            reply = execute(request)
        else:
            reply = INFO if kind == "kernel_info_request" else {"status": "ok"}
        session.send(socket, kind.replace("request", "reply"), reply, parent=request, ident=identity)
        session.send(iopub, "status", {"execution_state": "idle"}, parent=request)
        if kind == "shutdown_request":
            context.destroy(linger=1000)
            sys.exit()
