"""A kernel whose first cell is interrupted: interrupted_kernel.py CONNECTION_FILE NOTES.

It answers kernel_info and execute requests over ipc, and writes a line to NOTES for each of the latter.
"""

import json
import pathlib
import sys

import zmq
from jupyter_client.session import Session

connection = json.loads(pathlib.Path(sys.argv[1]).read_text())
notes = pathlib.Path(sys.argv[2])
session = Session(key=connection["key"].encode())
context = zmq.Context()


def bound(kind, name):
    socket = context.socket(kind)
    socket.bind(f"ipc://{connection['ip']}-{connection[name]}")
    return socket


shell = bound(zmq.ROUTER, "shell_port")
iopub = bound(zmq.PUB, "iopub_port")
cells = 0
while True:
    identity, request = session.feed_identities(shell.recv_multipart())
    request = session.deserialize(request)
    session.send(iopub, "status", {"execution_state": "busy"}, parent=request)
    content = {"status": "ok", "language_info": {"name": "python"}, "banner": ""}
    if request["msg_type"] == "execute_request":
        cells += 1
        notes.write_text("cell\n" * cells)
        content = {"status": "ok", "execution_count": 0}
        if cells == 1:
            content = {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
    session.send(shell, request["msg_type"].replace("request", "reply"), content, parent=request, ident=identity)
    session.send(iopub, "status", {"execution_state": "idle"}, parent=request)
