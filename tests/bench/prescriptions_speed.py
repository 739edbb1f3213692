#!/usr/bin/env python3
"""How long do rules take: read cold, opened from the cache, decided upon?

    tests/bench/prescriptions_speed.py FOLDER [--units 90000] [--program build/tests/prescriptions_speed] [--rounds N]

FOLDER holds rules (the public ones, unpacked); missing units are generated beside a copy of it, each with a
condition that occurs nowhere else. Prints milliseconds, wall and processor of the main thread, and the ratio of the
cold load to a bare pass of libyaml's events over the same files. Build the program first:
ninja -C build tests/prescriptions_speed
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile

UNIT = """  - name: Generated{n}
    type: wrap
    should_include:
      adviser_pipeline: true
      runtime_environments:
        python_version: ">=3.{minor},<3.{above}"
        base_images: ["registry.example/image-{n}:v1"]
    match:
      state:
        resolved_dependencies:
        - name: package-{package}
          version: =={n}.0
    run:
      justification:
      - {{type: INFO, message: "Release {n} is generated", link: "https://project.example/{n}", package_name: package-{package}}}
"""


def generate(folder, n):
    """n units in files of ten."""
    for first in range(0, n, 10):
        path = folder / f"generated/{first // 1000}/{first}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        units = [UNIT.format(n=k, minor=6 + k % 6, above=8 + k % 6, package=k % 6000) for k in range(first, min(first + 10, n))]
        path.write_text("units:\n  wraps:\n" + "".join(units), encoding="utf-8")


def measure(program, rules, rounds, cache):
    done = subprocess.run([program, str(rules), str(rounds)], capture_output=True, text=True, check=True,
                          env=dict(os.environ, XDG_CACHE_HOME=cache))
    found = {}
    for line in done.stdout.splitlines():
        name, *numbers = line.split()
        found[name] = [float(number) for number in numbers]
        print(f"  {name:8} {' '.join(numbers)}")
    print(f"  load / events: {found['load'][0] / found['events'][0]:.2f} wall, "
          f"{found['load'][1] / found['events'][1]:.2f} processor")
    print("  " + "\n  ".join(sorted(set(done.stderr.splitlines()))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--units", type=int, default=90000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--program", default="build/tests/prescriptions_speed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(arguments.folder)
        measure(arguments.program, arguments.folder, arguments.rounds, folder)
        rules = pathlib.Path(folder) / "rules"
        shutil.copytree(arguments.folder, rules)
        have = sum(path.read_text(encoding="utf-8").count("\n    type: ") for path in rules.rglob("*.yaml"))
        generate(rules, max(0, arguments.units - have))
        print(f"with {arguments.units} units")
        measure(arguments.program, rules, max(1, arguments.rounds // 2), folder)


if __name__ == "__main__":
    main()
