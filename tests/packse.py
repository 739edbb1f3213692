#!/usr/bin/env python3
"""Resolve the packse scenarios as requirements files and compare with what uv answered.

    packse.py --thoth PATH [FILE] [--serve SCRIPT] [--only TEXT]

FILE is scenarios.json of the shared data, or another file of that format; serve_packse.py (beside it, or
in the shared data) serves it. Right is the same set of packages, or exit code 4 where uv found none.
A scenario for every environment at once (recorded by `uv lock`) is right when the lock is sound
(universal.py), also where uv found none, since it gives up where two requirements that never hold together
differ; or when both find none. Exit 1 when one is missed; 77 when there is no data.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import universal
from snapshot import free_port, norm, shared

ORACLE = "uv 0.13.8"


class Server:
    def __init__(self, script, scenarios):
        port = free_port()
        self.root = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, str(script), "--port", str(port), str(scenarios)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.root}/", timeout=5).read()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def full_version(python):
    return python if python.count(".") > 1 else f"{python}.0"


def lowest(requires_python):
    match = re.match(r">=([0-9.]+)$", requires_python)
    return match[1] if match else requires_python


def lock(thoth, server, scenario, folder):
    options = scenario["resolver_options"]
    lines = [f"--only-binary {name}" for name in options["no_build"]]
    lines += [f"--no-binary {name}" for name in options["no_binary"]]
    path = folder / "requirements.txt"
    path.write_text("".join(f"{line}\n" for line in lines + scenario["root"]["requires"]))
    python = options["python"] or scenario["environment"]["python"]
    command = [
        thoth, "lock", str(path), "--json", "--dry-run", "--recommendation-type", "latest",
        "--index-url", f"{server.root}/{scenario['name']}/simple/", "--cache-dir",
        str(folder / "cache")]
    if is_universal(scenario):
        command += ["--universal", "--python-version", lowest(scenario["root"]["requires_python"])]
    else:
        command += ["--python-version", full_version(python),
                    "--platform", options["python_platform"] or "linux"]
    if options["prereleases"]:
        command.append("--prereleases")
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def is_universal(scenario):
    return scenario["observed"][ORACLE]["mode"] != "compile"


def judge_universal(done, scenario):
    """What is wrong with a universal answer; "" when nothing is."""
    observed = scenario["observed"][ORACLE]
    if done.returncode == 4 and not observed["ok"]:
        return ""
    try:
        packages = json.loads(done.stdout)["packages"]
    except (ValueError, KeyError):
        return f"exit {done.returncode}: {done.stderr.strip()}"

    def world(name, version):
        for spelled, project in scenario["packages"].items():
            if norm(spelled) == name and version in project["versions"]:
                release = project["versions"][version]
                extra = [f"{r} ; extra == '{e}'" if ";" not in r else
                         f"{r.split(';')[0]}; ({r.split(';')[1]}) and extra == '{e}'"
                         for e, requires in release["extras"].items() for r in requires]
                return release["requires"] + extra, release["requires_python"]
        return None

    root = scenario["root"]
    faults = universal.faults(packages, root["requires"], world, root["requires_python"])
    return "; ".join(faults[:3])


def judge(done, observed):
    """What is not as observed; "" when it is."""
    if not observed["ok"]:
        return "" if done.returncode == 4 else f"exit {done.returncode}, expected 4: {done.stdout}"
    expected = {norm(n): v for n, v in observed["packages"].items()}
    try:
        found = {p["name"]: p["version"] for p in json.loads(done.stdout)["packages"]}
    except (ValueError, KeyError):
        return f"exit {done.returncode}, expected {expected}: {done.stderr.strip()}"
    return "" if found == expected and done.returncode == 0 else f"{found}, expected {expected}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=pathlib.Path)
    parser.add_argument("--thoth", required=True)
    parser.add_argument("--serve", type=pathlib.Path)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    path = args.file or shared() / "packse" / "scenarios.json"
    script = args.serve or path.parent / "serve_packse.py"
    if not script.is_file():
        script = shared() / "packse" / "serve_packse.py"
    if not path.is_file() or not script.is_file():
        print(f"skipped: no {path} or no {script}")
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    scenarios = json.loads(path.read_text())["scenarios"]
    counts = {False: [0, 0], True: [0, 0]}
    with Server(script, path) as server:
        for scenario in scenarios:
            if args.only not in scenario["name"]:
                continue
            observed = scenario["observed"][ORACLE]
            everywhere = is_universal(scenario)
            with tempfile.TemporaryDirectory() as temporary:
                done = lock(args.thoth, server, scenario, pathlib.Path(temporary))
            story = judge_universal(done, scenario) if everywhere else judge(done, observed)
            counts[everywhere][0] += not story
            counts[everywhere][1] += 1
            if story:
                print(f"{scenario['name']}: {story}")
            elif everywhere and done.returncode == 0 and not observed["ok"]:
                print(f"{scenario['name']}: a sound lock, where uv finds none")
    (right, total), (sound, n_universal) = counts[False], counts[True]
    print(f"{right} of {total}; universal: {sound} of {n_universal}")
    sys.exit(0 if right == total and sound == n_universal else 1)


if __name__ == "__main__":
    main()
