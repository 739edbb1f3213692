#!/usr/bin/env python3
"""Round trip of an empty cell through the companion against plain python3.

    .venv/bin/python tests/bench/kernel_roundtrip.py [ROUNDS]

Both kernels run at the same time and are asked in turn, so that whatever else the machine does
weighs on both. A round trip ends when both the reply and the idle status have come. Printed:
medians in milliseconds, their difference and their ratio, for "pass" and for 1 MB of text.
"""

import statistics
import sys
import time

from jupyter_client.manager import start_new_kernel

KERNELS = ["python3", "thoth-python3"]
CODES = {"pass": "pass", "1 MB output": "print('x' * 1_000_000)"}


def round_trip(client, code):
    begun = time.perf_counter()
    request = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            if message["parent_header"]["msg_id"] == request:
                break
    while client.get_shell_msg(timeout=30)["parent_header"]["msg_id"] != request:
        pass
    return (time.perf_counter() - begun) * 1000


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    started = {name: start_new_kernel(kernel_name=name) for name in KERNELS}
    try:
        for label, code in CODES.items():
            times = {name: [] for name in KERNELS}
            for i in range(rounds + 20):
                for name in KERNELS if i % 2 else reversed(KERNELS):
                    spent = round_trip(started[name][1], code)
                    if i >= 20:
                        times[name].append(spent)
            plain, proxied = (statistics.median(times[name]) for name in KERNELS)
            print(
                f"{label}: plain {plain:.3f} ms, companion {proxied:.3f} ms, "
                f"difference {proxied - plain:+.3f} ms, ratio {proxied / plain:.3f}, rounds {rounds}"
            )
    finally:
        for manager, client in started.values():
            client.stop_channels()
            manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    main()
