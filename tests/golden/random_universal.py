#!/usr/bin/env python3
"""Locks for all environments on random little indexes: `random_universal.py THOTH [N [SEED]]`.

Requirements have markers, of platforms, machines, Pythons and patch releases; some wheels fit only some
environments. A lock must be sound (universal.py) and, where an environment can be had with wheels that fit
it, hold such wheels for it; none is refused unless some environment (a patch release counts) has no stack
at all, by brute force.
77 when there is no `packaging`.
"""
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
try:
    import universal
except ImportError:
    print("skipped: no packaging library")
    sys.exit(77)
from random_resolver import fits, make_range, run
from run_resolver import write_index

LOWEST = 12
MARKERS = [
    "sys_platform == 'linux'", "sys_platform != 'win32'", "sys_platform == 'darwin'",
    "python_version < '3.13'", "python_version >= '3.13'", "python_full_version >= '3.12.4'",
    "python_full_version < '3.13.2'", "python_full_version == '3.14.1'", "os_name == 'nt'",
    "platform_machine == 'aarch64'", "platform_machine != 'x86_64' and python_version >= '3.13'",
    "sys_platform == 'win32' or python_full_version <= '3.12.2'",
]
PATCHES = range(5)  # each side of what the markers name
PYTHONS = [None, None, None, None, ">=3.12", ">=3.13,<3.14", ">=3.12.3", ">=3.14"]
# wheel tag: does it fit?
TAGS = {
    "py3-none-any": lambda e: True,
    "cp312-cp312-win_amd64": lambda e: e["sys_platform"] == "win32" and e["python_version"] == "3.12",
    "cp313-abi3-manylinux_2_17_x86_64": lambda e: (
        (e["sys_platform"], e["platform_machine"]) == ("linux", "x86_64") and
        e["python_version"] >= "3.13"),
    "py3-none-macosx_11_0_arm64": lambda e: (
        (e["sys_platform"], e["platform_machine"]) == ("darwin", "arm64")),
    "py3-none-manylinux_2_17_aarch64": lambda e: e["platform_machine"] == "aarch64",
}


def make(rng):
    names = "abcd"[:rng.randint(2, 4)]
    world = {}
    for name in names:
        for version in range(1, rng.randint(1, 3) + 1):
            tag = "py3-none-any" if rng.random() < 0.8 else rng.choice(list(TAGS))
            requires = [make_requirement(rng, d) for d in rng.sample(names, rng.randint(0, 2)) if d != name]
            world[name, version] = (requires, rng.choice(PYTHONS), tag)
    roots = [make_requirement(rng, n) for n in rng.sample(names, rng.randint(1, len(names)))]
    return names, world, roots


def make_requirement(rng, name):
    return name, make_range(rng), rng.choice(MARKERS) if rng.random() < 0.5 else ""


def text(requirement):
    name, spec, marker = requirement
    return f"{name}{spec}; {marker}" if marker else f"{name}{spec}"


def brute(names, world, roots, where, markers, strict):
    """Is there a stack for this environment?"""
    def usable(release):
        requires, python, tag = world[release]
        return universal.lower_bound_fits(python, where["python_full_version"]) and (
            not strict or TAGS[tag](where))

    choices = [[None, *[v for v in range(1, 4) if (n, v) in world and usable((n, v))]] for n in names]
    for choice in itertools.product(*choices):
        stack = {n: v for n, v in zip(names, choice) if v is not None}
        asked = itertools.chain(roots, *[world[n, v][0] for n, v in stack.items()])
        if all(d in stack and fits(s, stack[d]) for d, s, m in asked if markers.holds(m, where)):
            return True
    return False


def check(thoth, rng):
    names, world, roots = make(rng)
    lines = []
    for (name, version), (requires, python, tag) in world.items():
        line = f"{name} {version} ; tag {tag}"
        line += f" ; python {python}" if python else ""
        if requires:
            line += " ; requires " + ", ".join(text(r).replace("; ", " @@ ") for r in requires)
        lines.append(line)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "index").mkdir()
        write_index(lines, folder / "index")
        (folder / "r.txt").write_text("".join(f"{text(r)}\n" for r in roots))
        done = subprocess.run(
            [thoth, "lock", str(folder / "r.txt"), "--json", "--index-url",
             (folder / "index").as_uri(), "--cache-dir", str(folder / "c"), "--universal",
             "--python-version", f"3.{LOWEST}"], capture_output=True, text=True, timeout=60)
    story = "\n".join([*lines, f"roots {[text(r) for r in roots]}", f"exit {done.returncode}", done.stderr])
    markers = universal.Markers()
    everywhere = [universal.environment(platform, minor, 0) for platform in universal.PLATFORMS
                  for minor in range(LOWEST, universal.NEWEST + 1)]
    if done.returncode == 4:
        later = [universal.environment(platform, minor, patch) for platform in universal.PLATFORMS
                 for minor in range(LOWEST, universal.NEWEST + 1) for patch in PATCHES]
        if all(brute(names, world, roots, e, markers, False) for e in later):
            return f"refused, but every environment has a stack\n{story}"
        return None
    if done.returncode != 0:
        return story
    packages = json.loads(done.stdout)["packages"]
    faults = universal.faults(
        packages, [text(r) for r in roots],
        lambda n, v: ([text(r) for r in world[n, int(v)][0]], world[n, int(v)][1]), f">=3.{LOWEST}")
    if faults:
        return f"unsound: {faults[:3]}\n{packages}\n{story}"
    for where in everywhere:
        unfit = [p for p in packages if markers.holds(p.get("marker"), where)
                 and not TAGS[world[p["name"], int(p["version"])][2]](where)]
        if unfit and brute(names, world, roots, where, markers, True):
            return f"{unfit} has no file for {where}\n{packages}\n{story}"
    return None


if __name__ == "__main__":
    run(check, "random indexes, universal, agree with brute force", 100)
