#!/usr/bin/env python3
"""Compare the resolver with brute force on random little indexes: `random_resolver.py THOTH [N [SEED]]`.

The resolver must find a stack exactly when one exists, and every stack it finds must be sound. What
clashes must be unsatisfiable by itself and satisfiable without any one of its members. What is suggested
instead must make the whole request satisfiable.
"""
import itertools
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

from run_resolver import write_index


def make(rng):
    names = "abcde"[:rng.randint(2, 5)]
    versions = {n: list(range(1, rng.randint(1, 4) + 1)) for n in names}
    requires = {}
    for n in names:
        for v in versions[n]:
            deps = {}
            for d in rng.sample(names, rng.randint(0, min(3, len(names)))):
                if d != n:
                    deps[d] = make_range(rng)
            requires[n, v] = deps
    roots = {n: make_range(rng) for n in rng.sample(names, rng.randint(1, min(3, len(names))))}
    return versions, requires, roots


def make_range(rng):
    op = rng.choice(["", "", ">=", "<=", "==", "!=", "<"])
    return op + str(rng.randint(1, 4)) if op else ""


def fits(spec, version):
    if not spec:
        return True
    if "," in spec:
        return all(fits(clause, version) for clause in spec.split(","))
    op = spec.rstrip("0123456789")
    return eval(f"{version} {op} {spec[len(op):]}")  # our own text


def sound(stack, requires, roots):
    wanted = dict.fromkeys(roots)
    for name, spec in roots.items():
        if name not in stack or not fits(spec, stack[name]):
            return False
    for name, version in stack.items():
        for dep, spec in requires[name, version].items():
            wanted[dep] = None
            if dep not in stack or not fits(spec, stack[dep]):
                return False
    return set(stack) <= set(wanted)


def brute(versions, requires, roots):
    """Some sound assignment, or None. Superfluous packages do no harm here."""
    names = list(versions)
    for choice in itertools.product(*[[None, *reversed(versions[n])] for n in names]):
        stack = {n: v for n, v in zip(names, choice) if v is not None}
        if all(n in stack and fits(s, stack[n]) for n, s in roots.items()) and all(
                d in stack and fits(s, stack[d])
                for n, v in stack.items() for d, s in requires[n, v].items()):
            return stack
    return None


def check(thoth, rng):
    versions, requires, roots = make(rng)
    lines = []
    for (n, v), deps in requires.items():
        clause = " requires " + ", ".join(f"{d}{s}" for d, s in deps.items()) if deps else ""
        lines.append(f"{n} {v}{clause}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "index").mkdir()
        write_index(lines, folder / "index")
        (folder / "r.txt").write_text("".join(f"{n}{s}\n" for n, s in roots.items()))
        done = subprocess.run(
            [thoth, "lock", str(folder / "r.txt"), "--json", "--index-url",
             (folder / "index").as_uri(), "--cache-dir", str(folder / "c"),
             "--python-version", "3.11.5", "--platform", "linux"],
            capture_output=True, text=True, timeout=60)
    story = f"{lines}\nroots {roots}\nexit {done.returncode}\n{done.stderr}"
    document = json.loads(done.stdout)
    exists = brute(versions, requires, roots)
    if done.returncode == 0:
        stack = {p["name"]: int(p["version"]) for p in document["packages"]}
        if not sound(stack, requires, roots):
            return f"unsound {stack}\n{story}"
    elif done.returncode != 4 or exists is not None:
        return f"missed {exists}\n{story}"
    else:
        clash = {"".join(c for c in r if c.isalpha()): "".join(c for c in r if not c.isalpha())
                 for r in document["conflict"]["requirements"]}
        if brute(versions, requires, clash) is not None:
            return f"the clash {clash} can be met\n{story}"
        for name in clash:
            rest = {n: s for n, s in clash.items() if n != name}
            if brute(versions, requires, rest) is None:
                return f"the clash {clash} does not need {name}\n{story}"
        for suggestion in document["conflict"]["suggestions"]:
            (old, _), (name, spec) = (re.match(r"([a-z]+)(.*)", suggestion[key]).groups()
                                      for key in ("requirement", "replace_by"))
            if old != name or brute(versions, requires, {**roots, name: spec}) is None:
                return f"{suggestion} does not help\n{story}"
        for left_out in document["conflict"].get("without", []):
            rest = {n: s for n, s in roots.items() if f"{n}{s}" != left_out}
            if brute(versions, requires, rest) is None:
                return f"does not work without {left_out}\n{story}"
    return None


def run(check, what, rounds):
    """check(thoth, rng) as often as the command line says (THOTH [ROUNDS [SEED]]); it returns a fault or None."""
    thoth = sys.argv[1]
    n = int(sys.argv[2]) if len(sys.argv) > 2 else rounds
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rng = random.Random(seed)
    for i in range(n):
        fault = check(thoth, rng)
        if fault:
            print(f"case {i} of seed {seed}: {fault}")
            sys.exit(1)
    print(f"{n} of {n} {what} (seed {seed})")


if __name__ == "__main__":
    run(check, "random indexes agree with brute force", 150)
