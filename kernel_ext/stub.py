# Registers %thoth and %%thoth (and %horus, the older name) in IPython. The companion runs this
# text once, silently, in a namespace of its own that holds SOCKET: where to ask. The work is done
# by the companion and its worker; here a request goes out and the answer is displayed.
import json
import os
import socket
import time

from IPython import get_ipython
from IPython.display import display


class ThothError(Exception):
    """What thoth could not do, shown without a traceback."""

    def _render_traceback_(self):
        return ["thoth: " + str(self)]


def cell_id():
    """JupyterLab's id of the cell that runs, or "": it says whose notebook this is."""
    try:
        found = shell.get_parent()["metadata"]["cellId"]
    except (AttributeError, KeyError, TypeError):
        found = ""
    return found if isinstance(found, str) else ""


class Output:
    """What the cell shows: progress, written over at most ten times a second, then the answer."""

    handle, last = None, 0.0

    def progress(self, said):
        if time.monotonic() - self.last < 0.1:
            return
        self.last = time.monotonic()
        done, total = said.get("done"), said.get("total")
        text = said.get("message") or said.get("phase") or "working"
        if done is not None:
            text += " %s" % done + ("/%s" % total if total else "")
        self.put({"text/plain": text}, display_id=True)

    def put(self, bundle, **options):
        if self.handle is None:
            self.handle = display(bundle, raw=True, **options)
        else:
            self.handle.update(bundle, raw=True)


def ask(line, cell, output):
    """The final answer of the companion; whatever comes before it is progress."""
    columns = os.environ.get("COLUMNS", "")
    request = {"line": line, "cell": cell, "columns": int(columns) if columns.isdecimal() else 100}
    request["cell_id"] = cell_id()
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(SOCKET)
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as answers:
                for answer in map(json.loads, answers):
                    if "exit" in answer:
                        return answer
                    output.progress(answer.get("progress") or {})
        except KeyboardInterrupt as stop:
            connection.sendall(b'{"cancel":true}\n')
            stop._render_traceback_ = lambda: ["KeyboardInterrupt"]  # a long one takes 0.2 s
            if output.handle is not None:
                output.put({"text/plain": "stopped"})
            raise
        except OSError as error:
            raise ThothError("the companion does not answer: %s" % error) from None
    raise ThothError("the companion ended the connection")


def show(answer, output):
    """Display what the answer has to show, then raise if it is a failure."""
    bundle = dict(answer.get("data") or {})
    if answer.get("html"):
        bundle["text/html"] = answer["html"]
    if answer.get("text") or bundle:
        bundle["text/plain"] = answer.get("text") or ""
        output.put(bundle)
    elif output.handle is not None:
        output.put({"text/plain": ""})
    if answer["exit"] == 0:
        return
    error = answer.get("error") or {}
    message = error.get("message") or "the answer is no (exit code %d)" % answer["exit"]
    if error.get("hint"):
        message += "\n  hint: " + error["hint"]
    raise ThothError(message)


def thoth(line, cell=None):
    """Lock, check and explain what this notebook needs: %thoth COMMAND ARGUMENTS

    %thoth help lists the commands; %%thoth requirements takes a requirements file as its body.
    """
    output = Output()
    show(ask(line, cell, output), output)


shell = get_ipython()
if shell is None:
    raise ImportError("this kernel is no IPython")  # the companion answers %thoth by itself then
for name in ("thoth", "horus"):
    shell.register_magic_function(thoth, "line_cell", name)
