#!/usr/bin/env python3
"""The resolver against brute force on random little indexes with extras: `random_extras.py THOTH [N [SEED]]`.

Requirements wait for one extra, for either of two, or for both together, and ask for extras themselves. A
stack must be found exactly when one exists; it must hold what is asked for and nothing else.
"""
import itertools
import json
import pathlib
import subprocess
import tempfile

from random_resolver import fits, make_range, run
from run_resolver import write_index

MARKERS = {
    "": lambda e: True,
    "extra == 'x'": lambda e: "x" in e,
    "extra == 'y'": lambda e: "y" in e,
    "extra == 'x' or extra == 'y'": lambda e: bool(e),
    "extra == 'x' and extra == 'y'": lambda e: {"x", "y"} <= e,
}
ASKED = [(), (), ("x",), ("y",), ("x", "y")]


def make(rng):
    names = "abcd"[:rng.randint(2, 4)]
    versions = {n: list(range(1, rng.randint(1, 3) + 1)) for n in names}
    requires = {(n, v): [(d, make_range(rng), rng.choice(ASKED), rng.choice(list(MARKERS)))
                         for d in rng.choices(names, k=rng.randint(0, 3)) if d != n]
                for n in names for v in versions[n]}
    roots = [(n, make_range(rng), rng.choice(ASKED)) for n in rng.sample(names, rng.randint(1, 2))]
    return versions, requires, roots


def follow(stack, requires, roots):
    """What is asked for in this stack: name -> extras; None when something is not met."""
    asked = {}
    todo = [(n, spec, extras) for n, spec, extras in roots]
    done = set()
    while todo:
        name, spec, extras = todo.pop()
        if name not in stack or not fits(spec, stack[name]):
            return None
        asked.setdefault(name, set()).update(extras)
        for n in list(asked):
            for i, (d, s, e, marker) in enumerate(requires[n, stack[n]]):
                if (n, i) not in done and MARKERS[marker](asked[n]):
                    done.add((n, i))
                    todo.append((d, s, e))
    return asked


def brute(versions, requires, roots):
    for choice in itertools.product(*[[None, *reversed(versions[n])] for n in versions]):
        stack = {n: v for n, v in zip(versions, choice) if v is not None}
        asked = follow(stack, requires, roots)
        if asked is not None and set(asked) == set(stack):
            return stack
    return None


def spell(name, spec, extras):
    return name + (f"[{','.join(extras)}]" if extras else "") + spec


def check(thoth, rng):
    versions, requires, roots = make(rng)
    lines = []
    for (n, v), deps in requires.items():
        texts = [spell(d, s, e) + (f" @@ {m}" if m else "") for d, s, e, m in deps]
        lines.append(f"{n} {v} " + (f"requires {', '.join(texts)}; " if texts else "; ") + "extra x; extra y")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "index").mkdir()
        write_index(lines, folder / "index")
        (folder / "r.txt").write_text("".join(spell(*root) + "\n" for root in roots))
        done = subprocess.run(
            [thoth, "lock", str(folder / "r.txt"), "--json", "--index-url", (folder / "index").as_uri(),
             "--cache-dir", str(folder / "c"), "--python-version", "3.11.5", "--platform", "linux"],
            capture_output=True, text=True, timeout=60)
    story = f"{lines}\nroots {[spell(*r) for r in roots]}\nexit {done.returncode}\n{done.stderr}"
    exists = brute(versions, requires, roots)
    if done.returncode == 4 and exists is None:
        return None
    if done.returncode != 0 or exists is None:
        return f"expected {exists}\n{story}"
    stack = {p["name"]: int(p["version"]) for p in json.loads(done.stdout)["packages"]}
    asked = follow(stack, requires, roots)
    return None if asked is not None and set(asked) == set(stack) else f"unsound {stack}, asked {asked}\n{story}"


if __name__ == "__main__":
    run(check, "random indexes with extras agree with brute force", 150)
