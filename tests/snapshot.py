#!/usr/bin/env python3
"""Compare locks with recorded answers of uv on a served snapshot of an index. Standard library only.

    snapshot.py --thoth PATH [--data FOLDER] [--expected FILE] [--only TEXT] [-v]

FOLDER holds serve_snapshot.py, the snapshot and expected-uv.json (another file of the same format may be
given). For each single-environment case: the same packages at the same versions is `equal`; another
answer is judged by its own merits (every requirement met by the metadata the index serves) and counted
as `sound`; a case that has no solution must be refused with exit code 4. A universal case is right when the
lock is sound in every environment (universal.py). The Python is X.Y.0, as in the recording; a recorded macOS is 13, ours 14. Exit 1 when a case is neither; 77 when there is no data.
"""
import argparse
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import universal

ROOT = pathlib.Path(__file__).resolve().parent.parent


def shared():
    return pathlib.Path(os.environ.get("THOTH_SHARED", ROOT.parent / "shared")) / "data"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, folder, mode, *options):
        port = free_port()
        snapshot = next(folder.glob("*.json.gz"))
        self.process = subprocess.Popen(
            [sys.executable, str(folder / "serve_snapshot.py"), str(snapshot), "--port", str(port),
             "--mode", mode, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.root = f"http://127.0.0.1:{port}"
        self.url = f"{self.root}/simple/"
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{self.root}/__stats", timeout=5).read()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.1)

    def stats(self, reset=False):
        url = f"{self.root}/__stats" + ("?reset" if reset else "")
        return json.load(urllib.request.urlopen(url))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def norm(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_solution(lines):
    found = {}
    for line in lines:
        match = re.match(r"\s*([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", line)
        if match:
            found[norm(match[1])] = match[2]
    return found


def lock(thoth, server, case, cache, folder, extra=()):
    path = folder / "requirements.txt"
    path.write_text("".join(f"{r}\n" for r in case["requirements"]))
    where = ["--python-version", case["python"] + ".0", "--platform", case["platform"]]
    if case["platform"] == "universal":
        where = ["--universal", "--python-version", case["python"]]
    return subprocess.run(
        [thoth, "lock", str(path), "--json", "--dry-run", "--recommendation-type", "latest",
         "--index-url", server.url, "--cache-dir", str(cache), *where, *extra],
        capture_output=True, text=True, timeout=300)


def markers_of(case):
    major, minor = case["python"].split(".")[:2]
    platform = case["platform"]
    return {
        "os_name": "nt" if platform == "windows" else "posix",
        "sys_platform": {"linux": "linux", "macos": "darwin", "windows": "win32"}[platform],
        "platform_system": {"linux": "Linux", "macos": "Darwin", "windows": "Windows"}[platform],
        "platform_machine": {"linux": "x86_64", "macos": "arm64", "windows": "AMD64"}[platform],
        "python_version": f"{major}.{minor}",
        "python_full_version": f"{major}.{minor}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "implementation_version": f"{major}.{minor}.0",
        "platform_release": "", "platform_version": "",
    }


def sound(thoth, snapshot, case, found):
    """Every requirement of every locked package is met; asked of the plumbing, not of the resolver."""
    questions = []

    def marker(text, extra):
        return {"marker": text, "environment": markers_of(case), "extra": extra}

    todo = [(None, r) for r in case["requirements"]]
    extras = {}
    for _, requirement in todo:
        match = re.match(r"([A-Za-z0-9._-]+)\s*(?:\[([^]]*)\])?", requirement)
        for extra in filter(None, (match[2] or "").split(",")):
            extras.setdefault(norm(match[1]), set()).add(extra.strip())
    faults = []
    for name, version in found.items():
        release = snapshot["projects"][name]["versions"].get(version)
        if release is None or "metadata" not in release:
            faults.append(f"{name} {version} is not in the snapshot")
            continue
        for requirement in release["metadata"]["requires-dist"]:
            questions.append((f"{name} {version}", requirement, ""))
            for extra in extras.get(name, ()):
                questions.append((f"{name} {version}", requirement, extra))
    for requirement in case["requirements"]:
        questions.append(("the user", requirement, ""))
    parsed = plumb(thoth, "requirement", [{"in": r} for _, r, _ in questions])
    held = plumb(thoth, "marker", [
        marker(p.get("marker") or "python_version > '0'", e) for p, (_, _, e) in zip(parsed, questions)])
    checks = []
    for (who, text, _), requirement, holds in zip(questions, parsed, held):
        if holds.get("result") is not True:
            continue
        name = requirement["canonical_name"]
        if name not in found:
            faults.append(f"{who} requires {text}, which is not locked")
            continue
        checks.append((who, text, ",".join(requirement["specifier"]), found[name]))
    answers = plumb(thoth, "specifier", [
        {"spec": s, "version": v, "prereleases": True} for _, _, s, v in checks])
    for (who, text, _, version), answer in zip(checks, answers):
        if answer.get("contains") is not True:
            faults.append(f"{who} requires {text}, locked is {version}")
    return faults


def plumb(thoth, name, questions):
    done = subprocess.run([thoth, "plumbing", name], capture_output=True, text=True, check=True,
                          input="".join(json.dumps(q) + "\n" for q in questions))
    return [json.loads(line) for line in done.stdout.splitlines()]


def judge_universal(snapshot, case, done):
    title = f"{' '.join(case['requirements'])} ({case['python']} universal)"
    if not case["ok"]:
        return "" if done.returncode == 4 else f"{title}: has no solution, but exit {done.returncode}"
    if done.returncode != 0:
        return f"{title}: exit {done.returncode}: {done.stderr}"

    def world(name, version):
        release = snapshot["projects"][name]["versions"].get(version)
        if release is None or "metadata" not in release:
            return None
        metadata = release["metadata"]
        return metadata["requires-dist"], metadata.get("requires-python")

    packages = json.loads(done.stdout)["packages"]
    faults = universal.faults(packages, case["requirements"], world, f">={case['python']}")
    return f"{title}: {'; '.join(faults[:3])}" if faults else ""


def judge(thoth, snapshot, case, done, verbose):
    title = f"{' '.join(case['requirements'])} ({case['python']} {case['platform']})"
    try:
        document = json.loads(done.stdout)
    except ValueError:
        return "wrong", f"{title}: exit {done.returncode}: {done.stderr}"
    if not case["ok"]:
        if done.returncode == 4:
            return "equal", f"{title}:\n{done.stderr}" if verbose else ""
        return "wrong", f"{title}: has no solution, but exit {done.returncode}"
    if done.returncode != 0:
        return "wrong", f"{title}: exit {done.returncode}: {done.stderr}"
    found = {p["name"]: p["version"] for p in document["packages"]}
    expected = parse_solution(case["solution"])
    if found == expected:
        return "equal", ""
    faults = sound(thoth, snapshot, case, found)
    differ = {n: (found.get(n), expected.get(n)) for n in found.keys() | expected.keys()
              if found.get(n) != expected.get(n)}
    if faults:
        return "wrong", f"{title}: {faults[:5]}"
    return "sound", f"{title}: another sound answer (ours, recorded): {differ}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--thoth", required=True)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--expected", type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--mode", default="closed")
    parser.add_argument("--platform", default="", help="only its cases")
    parser.add_argument("-v", action="store_true")
    args = parser.parse_args()
    folder = args.data or shared() / "snapshot"
    if not folder.is_dir():
        print(f"skipped: no snapshot data in {folder}")
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    import gzip
    snapshot = json.load(gzip.open(next(folder.glob("*.json.gz"))))
    expected = json.loads((args.expected or folder / "expected-uv.json").read_text())["results"]
    counts = {"equal": 0, "sound": 0, "wrong": 0}
    everywhere = [0, 0]
    with tempfile.TemporaryDirectory() as temporary, Server(folder, args.mode) as server:
        for case in expected:
            if args.only not in " ".join(case["requirements"]):
                continue
            if args.platform and case["platform"] != args.platform:
                continue
            temp = pathlib.Path(temporary)
            done = lock(args.thoth, server, case, temp / "cache", temp)
            if case["platform"] == "universal":
                story = judge_universal(snapshot, case, done)
                verdict = "wrong" if story else "sound"
                everywhere[0] += not story
                everywhere[1] += 1
            else:
                verdict, story = judge(args.thoth, snapshot, case, done, args.v)
                counts[verdict] += 1
            if story:
                print(f"{verdict}: {story}")
    total = sum(counts.values())
    print(f"{counts['equal']} of {total} equal, {counts['sound']} other sound answers, "
          f"{counts['wrong']} wrong; universal: {everywhere[0]} of {everywhere[1]} sound")
    sys.exit(1 if counts["wrong"] or everywhere[0] < everywhere[1] else 0)


if __name__ == "__main__":
    main()
