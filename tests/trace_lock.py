#!/usr/bin/env python3
"""Every message of one `%thoth lock`, as docs/protocol.md shows it.

    .venv/bin/python tests/trace_lock.py [KERNEL]

Starts the kernel with the recorded index of examples/, runs a cell that would install something (but does
not) and then `%thoth lock`. Prints what the client sends and gets, and the lines between companion and worker, with
milliseconds since the request, in the order in which they were seen; texts are shortened.
"""

import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def tee():
    """As the companion's worker: the true one, with every line noted beside its time."""
    worker = subprocess.Popen([os.environ["TRACE_WORKER"], "worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    notes = open(os.environ["TRACE_NOTES"], "a", buffering=1)

    def note(way, line):
        notes.write(json.dumps([time.monotonic(), way, line.decode()]) + "\n")

    def back():
        for line in worker.stdout:
            note("worker -> companion", line)
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()

    threading.Thread(target=back, daemon=True).start()
    for line in sys.stdin.buffer:
        note("companion -> worker", line)
        worker.stdin.write(line)
        worker.stdin.flush()
    worker.stdin.close()
    worker.wait()


def short(value, depth=0):
    """JSON with long texts and lists cut."""
    if isinstance(value, str):
        return value if len(value) <= 60 else value[:57] + "..."
    if isinstance(value, list):
        return [short(item, depth + 1) for item in value[:2]] + (["..."] if len(value) > 2 else [])
    if isinstance(value, dict):
        if depth > 3:
            return "{...}"
        return {name: short(item, depth + 1) for name, item in value.items()}
    return value


def wait_ready(client, manager):
    client.start_channels()
    client.wait_for_ready(timeout=60)
    while client.iopub_channel.msg_ready():
        client.get_iopub_msg(timeout=1)
    return manager


def main():
    from jupyter_client import KernelManager

    kernel = sys.argv[1] if len(sys.argv) > 1 else "thoth-python3"
    with tempfile.TemporaryDirectory() as folder:
        notes = pathlib.Path(folder) / "notes"
        notes.touch()
        script = pathlib.Path(folder) / "worker"
        script.write_text(f"#!/bin/sh\nTRACE_TEE=1 exec {sys.executable} {__file__}\n")
        script.chmod(0o755)
        manager = KernelManager(kernel_name=kernel)
        environment = dict(
            os.environ,
            THOTH_WORKER=str(script),
            TRACE_WORKER=str(pathlib.Path(sys.prefix) / "bin" / "thoth"),
            TRACE_NOTES=str(notes),
            THOTH_INDEX_URL=(ROOT / "examples" / "index").as_uri(),
            THOTH_CACHE_DIR=str(pathlib.Path(folder) / "cache"),
        )
        manager.start_kernel(env=environment, cwd=folder)
        client = manager.client()
        wait_ready(client, manager)
        client.execute_interactive("if False:\n    !pip install 'requests>=2'", timeout=60)
        while client.iopub_channel.msg_ready():
            client.get_iopub_msg(timeout=1)
        seen = []
        begun = time.monotonic()
        request = client.execute("%thoth lock")
        seen.append([begun, "client -> companion -> kernel", "shell", "execute_request", {"code": "%thoth lock"}])
        done = set()
        while done != {"idle", "reply"}:
            for channel, get in (("iopub", client.get_iopub_msg), ("shell", client.get_shell_msg)):
                try:
                    message = get(timeout=0.05)
                except queue.Empty:
                    continue
                if message["parent_header"].get("msg_id") != request:
                    continue
                content = message["content"]
                seen.append([time.monotonic(), "kernel -> companion -> client", channel, message["msg_type"], content])
                if content.get("execution_state") == "idle":
                    done.add("idle")
                if message["msg_type"] == "execute_reply":
                    done.add("reply")
        client.stop_channels()
        manager.shutdown_kernel()
        for line in notes.read_text().splitlines():
            at, way, text = json.loads(line)
            seen.append([at, way, "pipe", "line", json.loads(text)])
    for at, way, channel, kind, content in sorted(seen, key=lambda row: row[0]):
        print(f"{(at - begun) * 1000:7.1f} ms  {way}  {channel}: {kind}")
        print("            " + json.dumps(short(content), ensure_ascii=False))


if __name__ == "__main__":
    tee() if os.environ.get("TRACE_TEE") else main()
