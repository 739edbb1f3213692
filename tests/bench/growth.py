#!/usr/bin/env python3
"""How a lock grows with the index: made-up indexes of 100, 1,000 and 10,000 projects with planted conflicts.

    growth.py --thoth PATH [--uv PATH] [--sizes 100,1000,10000] [--runs N] [--seed N] [--svg FILE] [--markdown]

Every project has 12 releases; a release requires four projects (of higher number, so there is an end) in a
range, and the user asks for project 0 to 4: the stack is most of the index. In one of ten projects the three
newest releases require a release of a neighbour that others exclude: the search must find that out and step
back. The index is served on loopback from memory. Printed: wall time with an empty cache and with the same
cache again, and how many pages and metadata documents were asked for, of `thoth lock` and of `uv pip compile`.
"""
import argparse
import asyncio
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

RELEASES = 12
JSON_TYPE = "application/vnd.pypi.simple.v1+json"


def name_of(i):
    return f"project-{i}"


def filename(i, version):
    return f"project_{i}-{version}.0-py3-none-any.whl"


def make_index(size, seed):
    """{project: {version: [requirements]}}; versions 1 to RELEASES."""
    rng = random.Random(seed)
    index = {}
    for i in range(size):
        releases = {v: [] for v in range(1, RELEASES + 1)}
        ahead = range(i + 1, min(size, i + 1 + max(20, size // 10)))
        targets = rng.sample(ahead, min(4, len(ahead)))
        for v in releases:
            for t in targets:
                low = max(1, min(v - 3, RELEASES - 4))
                releases[v].append(f"{name_of(t)}>={low}")
        if i % 10 == 0 and len(targets) == 4:
            victim = targets[0]
            for v in range(RELEASES - 2, RELEASES + 1):  # the newest want an old neighbour ...
                releases[v][0] = f"{name_of(victim)}<3"
            for v in releases:  # ... which another one that is always there excludes
                releases[v].append(f"{name_of(targets[1])}>=4")
            for v in range(4, RELEASES + 1):
                index.setdefault(("extra", targets[1]), {}).setdefault(v, []).append(
                    f"{name_of(victim)}>=5" if victim > targets[1] else None)
        index[i] = releases
    for key in [k for k in index if isinstance(k, tuple)]:
        for v, more in index.pop(key).items():
            index[key[1]][v] += [r for r in more if r]
    return index


def make_pages(index):
    pages, documents = {}, {}
    for i, releases in index.items():
        files = []
        for v, requires in releases.items():
            files.append({"filename": filename(i, v), "url": f"/files/{filename(i, v)}", "hashes": {"sha256": f"{i * 100 + v:064x}"},
                          "core-metadata": True, "upload-time": "2026-01-01T00:00:00Z", "size": 1})
            lines = ["Metadata-Version: 2.1", f"Name: {name_of(i)}", f"Version: {v}.0"]
            lines += [f"Requires-Dist: {r}" for r in requires]
            documents[f"/files/{filename(i, v)}.metadata"] = ("\n".join(lines) + "\n").encode()
        pages[f"/simple/{name_of(i)}/"] = json.dumps(
            {"meta": {"api-version": "1.1"}, "name": name_of(i), "versions": [f"{v}.0" for v in releases],
             "files": files}).encode()
    return pages, documents


class Connection(asyncio.Protocol):
    """HTTP/1.1 kept alive, answers made beforehand: http.server manages some hundred requests a second."""

    def __init__(self, server):
        self.server, self.buffer = server, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            path = self.buffer[: end].split(b" ", 2)[1].decode()
            self.buffer = self.buffer[end + 4 :]
            self.transport.write(self.server.answer(path))


class Server:
    def __init__(self, index):
        pages, documents = make_pages(index)
        self.answers = {p: self.make(b, JSON_TYPE) for p, b in pages.items()}
        self.answers.update({p: self.make(b, "text/plain") for p, b in documents.items()})
        self.counts = {"page": 0, "metadata": 0}
        self.ready = threading.Event()
        threading.Thread(target=asyncio.run, args=(self.serve(),), daemon=True).start()
        self.ready.wait()

    @staticmethod
    def make(body, kind):
        return (f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nCache-Control: max-age=3600\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    async def serve(self):
        server = await asyncio.get_running_loop().create_server(lambda: Connection(self), "127.0.0.1", 0, backlog=256)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/simple/"
        self.ready.set()
        await server.serve_forever()

    def answer(self, path):
        self.counts["page" if path.startswith("/simple/") else "metadata"] += 1
        return self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    def taken(self):
        counts = dict(self.counts)
        self.counts.update(page=0, metadata=0)
        return counts


def commands(args, server, requirements, cache):
    found = {"thoth": [args.thoth, "lock", requirements, "--json", "--dry-run", "--recommendation-type", "latest",
                       "--index-url", server.url, "--cache-dir", f"{cache}/thoth", "--python-version", "3.12.0",
                       "--platform", "linux"]}
    if args.uv:
        found["uv"] = [args.uv, "pip", "compile", "-q", "--no-build", "--no-header", "--no-config", "--default-index",
                       server.url, "--cache-dir", f"{cache}/uv", "--python", sys.executable, "--no-python-downloads",
                       "--python-version", "3.12", "--python-platform", "linux", "--generate-hashes", requirements]
    return found


def measure(args, size):
    rows = {}
    with tempfile.TemporaryDirectory() as temporary:
        server = Server(make_index(size, args.seed))
        requirements = f"{temporary}/requirements.in"
        pathlib.Path(requirements).write_text("".join(f"{name_of(i)}\n" for i in range(5)))
        for _ in range(args.runs):
            shutil.rmtree(f"{temporary}/cache", ignore_errors=True)
            for state in ("cold", "warm"):
                for program, command in commands(args, server, requirements, f"{temporary}/cache").items():
                    server.taken()
                    start = time.perf_counter()
                    done = subprocess.run(command, capture_output=True, text=True)
                    wall = (time.perf_counter() - start) * 1000
                    if done.returncode != 0:
                        sys.exit(f"{program} at {size}: exit {done.returncode}: {done.stderr[-2000:]}{done.stdout[-2000:]}")
                    row = rows.setdefault((program, state), {"ms": []})
                    row["ms"].append(wall)
                    row.update(server.taken())
                    if program == "thoth":
                        answer = json.loads(done.stdout)
                        row["packages"] = len(answer["packages"])
                        row["conflicts"] = answer["resolution"]["conflicts"]
    for row in rows.values():
        row["ms"] = statistics.median(row["ms"])
    return rows


def draw(results, path):
    """Time against size, both axes logarithmic."""
    import math
    width, height, left, bottom = 640, 360, 70, 50
    sizes = sorted(results)
    times = [row["ms"] for rows in results.values() for row in rows.values()]
    x_low, x_high = math.log10(sizes[0]), math.log10(sizes[-1])
    y_low, y_high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))

    def at(size, ms):
        x = left + (math.log10(size) - x_low) / max(x_high - x_low, 1e-9) * (width - left - 120)
        y = height - bottom - (math.log10(ms) - y_low) / max(y_high - y_low, 1e-9) * (height - bottom - 30)
        return round(x, 1), round(y, 1)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>']
    for power in range(y_low, y_high + 1):
        _, y = at(sizes[0], 10 ** power)
        label = f"{10 ** power:g} ms" if power < 3 else f"{10 ** (power - 3):g} s"
        parts.append(f'<line x1="{left}" y1="{y}" x2="{width - 120}" y2="{y}" stroke="#ddd"/>'
                     f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{label}</text>')
    for size in sizes:
        x, _ = at(size, 10 ** y_low)
        parts.append(f'<text x="{x}" y="{height - bottom + 20}" text-anchor="middle">{size:,}</text>')
    parts.append(f'<text x="{(left + width - 120) / 2}" y="{height - 10}" text-anchor="middle">projects on the index</text>')
    colours = {"thoth": "#1a6fb5", "uv": "#b5501a"}
    for key in sorted({k for rows in results.values() for k in rows}):
        program, state = key
        points = [at(size, results[size][key]["ms"]) for size in sizes if key in results[size]]
        dash = ' stroke-dasharray="6 4"' if state == "warm" else ""
        parts.append('<polyline fill="none" stroke-width="2" stroke="%s"%s points="%s"/>' % (
            colours[program], dash, " ".join(f"{x},{y}" for x, y in points)))
        parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colours[program]}"/>' for x, y in points]
        x, y = points[-1]
        parts.append(f'<text x="{x + 8}" y="{y + 4}" fill="{colours[program]}">{program}, {state}</text>')
    parts.append("</svg>\n")
    pathlib.Path(path).write_text("\n".join(parts))


def show(results, markdown):
    if markdown:
        print("| projects | locked | conflicts | program | cold ms | warm ms | pages | metadata |")
        print("| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |")
    for size in sorted(results):
        rows = results[size]
        packages, conflicts = rows["thoth", "cold"]["packages"], rows["thoth", "cold"]["conflicts"]
        for program in sorted({p for p, _ in rows}):
            cold, warm = rows[program, "cold"], rows[program, "warm"]
            cells = [f"{size:,}", str(packages), str(conflicts) if program == "thoth" else "", program,
                     f"{cold['ms']:.0f}", f"{warm['ms']:.0f}", str(cold["page"]), str(cold["metadata"])]
            print("| " + " | ".join(cells) + " |" if markdown else "  ".join(f"{c:>9}" for c in cells), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--thoth", required=True)
    parser.add_argument("--uv", default=shutil.which("uv"))
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--svg")
    parser.add_argument("--markdown", action="store_true")
    args = parser.parse_args()
    os.environ.update(no_proxy="127.0.0.1", NO_PROXY="127.0.0.1")
    results = {}
    for size in map(int, args.sizes.split(",")):
        results[size] = measure(args, size)
        print(f"{size} done", file=sys.stderr, flush=True)
    show(results, args.markdown)
    if args.svg:
        draw(results, args.svg)


if __name__ == "__main__":
    main()
