#!/usr/bin/env python3
"""A worker without a resolver: answers the commands below, and notes each request in a file.

Started as `fake_worker.py worker` through THOTH_WORKER. FAKE_WORKER_NOTES names a file to which
every request is appended as one line. The first argument of a few commands is a file in which the
worker remembers that it has died once.
"""

import json
import os
import pathlib
import sys
import threading
import time

assert sys.argv[1:] == ["worker"], sys.argv
cancelled = {}
write = threading.Lock()


def say(**answer):
    with write:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def note(request):
    path = os.environ.get("FAKE_WORKER_NOTES")
    if path:
        with open(path, "a") as notes:
            notes.write(json.dumps(dict(request, pid=os.getpid(), env=dict(os.environ))) + "\n")


def serve(request):
    id, command, arguments = request["id"], request["command"], request["arguments"]
    if command == "fail":
        error = {"kind": "input", "message": "expected '==' in 'flask>=3'", "hint": "write the exact version"}
        say(id=id, exit=3, text="", error=error)
    elif command == "no":
        say(id=id, exit=1, text="not locked", html="<b>not locked</b>")
    elif command == "hang" or "--label=hang" in arguments:
        say(id=id, progress={"phase": "index", "done": 1, "total": 2, "message": "waiting"})
        cancelled[id].wait()
        say(id=id, exit=130, text="", error={"kind": "interrupted", "message": "interrupted"})
    elif command == "die" or (command == "die-once" and not pathlib.Path(arguments[0]).exists()):
        pathlib.Path(arguments[0]).touch()
        os._exit(9)
    elif command == "slow":
        for done in range(40):
            say(id=id, progress={"phase": "index", "done": done, "total": 40})
            time.sleep(0.02)
        say(id=id, exit=0, text="slow")
    elif "--label=fail" in arguments:
        say(id=id, exit=1, text="", error={"kind": "unsat", "message": "nothing fits", "hint": ""})
    elif command == "look":
        differs = [{"name": "numpy", "locked": "2", "installed": None}]
        state = "differs" if "differs" in str(request["notebook"]["cells"]) else "stale"
        say(id=id, exit=0, text="", state=state, differs=differs if state == "differs" else [],
            findings={"a1": [{"rule": "r", "line": 1, "message": "m"}]},
            requirements=[{"name": "flask", "text": "flask>=3", "origin": "cell", "cell": 1, "cell_id": "a1", "line": 1}])
    elif command == "installed":
        say(id=id, exit=0, text="", installed={"numpy": "1"})
    elif command == "installs":
        say(id=id, exit=0, text="", installs={"requirements": ["flask>=3"], "restart": [request["output"].strip()]})
    elif command == "complete":
        say(id=id, exit=0, text="", candidates={arguments[0]: [arguments[1] + "-x"]})
    elif command == "big":
        say(id=id, exit=0, text="x" * int(arguments[0]))
    else:
        text = " ".join([command, *arguments])
        lock = {"version": 1, "lock": {"packages": ["numpy==2.1.3 --hash=sha256:00", "pandas==2.2.3"]}}
        data = {"application/vnd.thoth.%s+json" % command: {"cells": request["notebook"]["cells"]}}
        metadata = lock if command == "update" else {"thoth": 1}
        new = {} if command in ("show", "why") else {"metadata": metadata, "rev": "r"}
        data["application/vnd.thoth.%s+json" % command].update(new)
        new["changed"] = bool(new) and request["notebook"].get("attached", False)
        say(id=id, exit=0, text=text, html="<i>%s</i>" % text, data=data, **new)


for line in sys.stdin:
    request = json.loads(line)
    note(request)
    if request.get("cancel"):
        cancelled[request["id"]].set()
    else:
        cancelled[request["id"]] = threading.Event()
        threading.Thread(target=serve, args=(request,), daemon=True).start()
