#!/usr/bin/env python3
"""Nothing moves that could have stayed: `random_stable.py THOTH [N [SEED]]`.

On random little indexes that grow: a lock made again is the same; with `--upgrade NAME`, or with another
requirement, no package has another version when a stack exists that keeps it too, beside all others that
were kept, and NAME at the version that it got, and nothing older than it got otherwise.
"""
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from random_resolver import brute, make, make_range
from run_resolver import write_index


class World:
    def __init__(self, thoth, folder):
        self.thoth, self.folder = thoth, folder
        self.book = folder / "nb.ipynb"
        self.book.write_text(json.dumps({"cells": [], "metadata": {"language_info": {"name": "python"}},
                                         "nbformat": 4, "nbformat_minor": 4}))

    def grow(self, requires):
        shutil.rmtree(self.folder / "index", ignore_errors=True)
        (self.folder / "index").mkdir()
        lines = []
        for (n, v), deps in requires.items():
            clause = " requires " + ", ".join(f"{d}{s}" for d, s in deps.items()) if deps else ""
            lines.append(f"{n} {v}{clause}")
        write_index(lines, self.folder / "index")

    def lock(self, roots, *words):
        book = json.loads(self.book.read_text())
        book["cells"] = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None,
                          "source": f"%pip install '{n}{s}'"} for n, s in roots.items()]
        self.book.write_text(json.dumps(book))
        done = subprocess.run(
            [self.thoth, "lock", str(self.book), "--json", "--index-url", (self.folder / "index").as_uri(),
             "--cache-dir", str(self.folder / "c"), "--python-version", "3.11.5", "--platform", "linux",
             *words], capture_output=True, text=True, timeout=60)
        if done.returncode == 4:
            return None
        return {p["name"]: int(p["version"]) for p in json.loads(done.stdout)["packages"]}


def needless(before, after, versions, requires, roots, fixed):
    """A package that moved although a stack keeps it with all that was kept."""
    kept = {n: v for n, v in before.items() if after.get(n) == v}
    for name in before:
        if name in after and after[name] != before[name] and name not in fixed:
            stay = {**kept, name: before[name], **fixed}
            narrowed = {n: [stay[n]] if n in stay else [v for v in vs if v >= after.get(n, 0)]
                        for n, vs in versions.items()}
            must = {**roots, **{n: roots.get(n, "") for n in stay}}
            stack = brute(narrowed, {k: d for k, d in requires.items()}, must)
            if stack is not None:
                return f"{name} {before[name]} -> {after[name]}, but {stack} would do"
    return None


def check(thoth, rng):
    versions, requires, roots = make(rng)
    with tempfile.TemporaryDirectory() as temporary:
        world = World(thoth, pathlib.Path(temporary))
        world.grow(requires)
        before = world.lock(roots)
        if before is None:
            return None
        for name in rng.sample(list(versions), rng.randint(1, len(versions))):
            newest = max(versions[name]) + 1
            versions[name].append(newest)
            others = [n for n in versions if n != name]
            requires[name, newest] = {d: make_range(rng) for d in rng.sample(others, rng.randint(0, len(others)))}
        world.grow(requires)
        story = f"{requires}\nroots {roots}\nlocked {before}\n"
        again = world.lock(roots, "--dry-run")
        if again != before:
            return f"{story}made again: {again}"
        name = rng.choice(list(before))
        after = world.lock(roots, "--dry-run", "--upgrade", name)
        fault = needless(before, after, versions, requires, roots, {name: after[name]} if name in after else {})
        if fault:
            return f"{story}--upgrade {name}: {after}\n{fault}"
        other = dict(roots, **{rng.choice(list(versions)): make_range(rng)})
        after = world.lock(other, "--dry-run")
        fault = after and needless(before, after, versions, requires, other, {})
        return f"{story}then {other}: {after}\n{fault}" if fault else None


def main():
    thoth = sys.argv[1]
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 150
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    count = "--count" in sys.argv
    rng = random.Random(seed)
    faults = 0
    for i in range(n):
        fault = check(thoth, rng)
        if fault:
            faults += 1
            print(f"case {i} of seed {seed}: {fault}")
            if not count:
                sys.exit(1)
    print(f"{n - faults} of {n} random indexes move nothing needlessly (seed {seed})")


if __name__ == "__main__":
    main()
