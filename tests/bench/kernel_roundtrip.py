#!/usr/bin/env python3
"""What the companion costs, against plain python3.

    .venv/bin/python tests/bench/kernel_roundtrip.py [ROUNDS]

Two kernels run at the same time and are asked in turn, so that whatever else the machine does weighs on
both. A round trip ends when both the reply and the idle status have come. Then: the bare hop (a kernel
that only echoes, in C terms: no Python of a real kernel in the way), 200 MB as one buffer, `%thoth show`,
resident memory, and the time from main to the exec of the kernel, of which the companion's own log tells.
"""

import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import zmq
from jupyter_client import KernelManager
from jupyter_client.manager import start_new_kernel
from jupyter_client.session import Session

KERNELS = ["python3", "thoth-python3"]
COMPANION = os.path.join(sys.prefix, "bin", "thoth-kernel")


def round_trip(client, code):
    begun = time.perf_counter()
    request = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=120)
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            if message["parent_header"]["msg_id"] == request:
                break
    while client.get_shell_msg(timeout=120)["parent_header"]["msg_id"] != request:
        pass
    return (time.perf_counter() - begun) * 1000


def in_turn(started, code, rounds, warm=20):
    """Medians (ms) of both kernels."""
    times = {name: [] for name in KERNELS}
    for i in range(rounds + warm):
        for name in KERNELS if i % 2 else reversed(KERNELS):
            spent = round_trip(started[name][1], code)
            if i >= warm:
                times[name].append(spent)
    return [statistics.median(times[name]) for name in KERNELS]


def resident_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s*(\d+)", status)[1]) / 1024


ECHO = """
import json, sys, zmq
c = json.load(open(sys.argv[1]))
s = zmq.Context().socket(zmq.ROUTER)
p = zmq.Context().socket(zmq.PUB)
sep = "-" if c["transport"] == "ipc" else ":"
s.bind("%s://%s%s%d" % (c["transport"], c["ip"], sep, c["shell_port"]))
p.bind("%s://%s%s%d" % (c["transport"], c["ip"], sep, c["iopub_port"]))
from jupyter_client.session import Session
session = Session(key=c["key"].encode())
while True:
    f = s.recv_multipart()
    if b"kernel_info_request" in b"".join(f):
        i, m = session.feed_identities(f)
        m = session.deserialize(m)
        session.send(p, "status", {"execution_state": "busy"}, parent=m)
        session.send(s, "kernel_info_reply", {"status": "ok", "language_info": {"name": "echo"}, "banner": ""}, parent=m, ident=i)
        session.send(p, "status", {"execution_state": "idle"}, parent=m)
    else:
        s.send_multipart(f)
"""


class Echo:
    """A kernel that sends every message back, alone or behind the companion, and a client of it."""

    def __init__(self, folder, through):
        held = [socket.socket() for _ in range(5)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        ports = [one.getsockname()[1] for one in held]
        for one in held:
            one.close()
        names = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
        info = dict(zip(names, ports), transport="tcp", ip="127.0.0.1", key="k", signature_scheme="hmac-sha256")
        path = os.path.join(folder, f"kernel-{through}.json")
        pathlib.Path(path).write_text(json.dumps(info))
        echo = os.path.join(folder, "echo.py")
        pathlib.Path(echo).write_text(ECHO)
        command = [sys.executable, echo, path]
        self.process = subprocess.Popen([COMPANION, "-f", path, "--", *command] if through else command)
        self.client = zmq.Context().socket(zmq.DEALER)
        self.client.connect(f"tcp://127.0.0.1:{ports[0]}")
        self.session = Session(key=b"k")
        self.times = []

    def ask(self, count=True):
        frames = self.session.serialize(self.session.msg("history_request", {}))
        begun = time.perf_counter()
        self.client.send_multipart(frames)
        self.client.recv_multipart()
        if count:
            self.times.append((time.perf_counter() - begun) * 1e6)

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.client.close(0)


def hops_us(rounds):
    """Of a round trip direct and through the companion: medians and tenth percentiles."""
    with tempfile.TemporaryDirectory() as folder:
        both = [Echo(folder, through) for through in (False, True)]
        for i in range(rounds + 100):
            for one in both:
                one.ask(i >= 100)
        for one in both:
            one.end()
        return [(statistics.median(one.times), statistics.quantiles(one.times, n=10)[0]) for one in both]


def start_times_ms():
    """From the companion's main to the exec of the kernel, as its log says."""
    found = []
    for _ in range(10):
        manager = KernelManager(kernel_name=KERNELS[1])
        manager.kernel_spec.argv.append("-v")
        manager.start_kernel(stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for line in manager.provisioner.process.stderr:
            match = re.search(rb"main_to_exec_us=(\d+) cpu_us=(\d+)", line)
            if match:
                found.append((int(match[1]) / 1000, int(match[2]) / 1000))
                break
        manager.shutdown_kernel(now=True)
    return found


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    started = {name: start_new_kernel(kernel_name=name) for name in KERNELS}
    try:
        print(f"resident, idle: {resident_mb(started[KERNELS[1]][0].provisioner.pid):.1f} MiB")
        for label, code, n in [("pass", "pass", rounds), ("1 MB output", "print('x' * 1_000_000)", rounds // 5)]:
            plain, proxied = in_turn(started, code, n)
            print(f"{label}: plain {plain:.3f} ms, companion {proxied:.3f} ms, difference {proxied - plain:+.3f} ms, ratio {proxied / plain:.3f}, rounds {n}")
        big = "c = __import__('comm').create_comm('t', buffers=[data])"
        for _, client in started.values():
            round_trip(client, "data = b'ab' * 100_000_000")
        plain, proxied = in_turn(started, big, 7, warm=2)
        print(f"200 MB: plain {plain:.0f} ms, companion {proxied:.0f} ms, speed ratio {plain / proxied:.2f}")
        client = started[KERNELS[1]][1]
        shows, passes = [], []
        for i in range(110):
            shows.append(round_trip(client, "%thoth show"))
            passes.append(round_trip(client, "pass"))
        show, nothing = statistics.median(shows[10:]), statistics.median(passes[10:])
        print(f"%thoth show: {show:.2f} ms, pass {nothing:.2f} ms, ratio {show / nothing:.2f}")
        print(f"resident, after this: {resident_mb(started[KERNELS[1]][0].provisioner.pid):.1f} MiB")
    finally:
        for manager, client in started.values():
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    (direct, direct_low), (through, through_low) = hops_us(rounds * 3)
    print(
        f"bare hop, there and back: direct tcp {direct:.0f} us, through the companion {through:.0f} us, difference "
        f"{through - direct:+.0f} us; tenth percentiles {direct_low:.0f} and {through_low:.0f} us"
    )
    walls, cpus = zip(*start_times_ms())
    print(
        f"main to exec of the kernel: median {statistics.median(walls):.1f} ms, worst {max(walls):.1f} ms of {len(walls)}; "
        f"processor time since the companion's own exec: median {statistics.median(cpus):.1f} ms"
    )


if __name__ == "__main__":
    main()
