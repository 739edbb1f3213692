#!/usr/bin/env python3
"""How fast the scored search is: the table of docs/resolver.md, and how it grows with the problem.

    tests/bench/search_speed.py [--thoth PROGRAM] [--data FOLDER] [--runs N] [--growth FILE.svg]

Each figure is the best of N runs (5), as other programs may run beside it. Times are of the search
alone and told by the program; toulbar2's is of its whole process, where it is installed. --growth
draws time of the proof (or of the default budget) over packages and versions of made-up problems.
"""
import argparse
import json
import math
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE_ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE_ROOT / "tests"))
sys.path.insert(0, str(SOURCE_ROOT / "tests/golden"))
import random_search  # noqa: E402
import search_check  # noqa: E402


def ask(program, question):
    done = subprocess.run([program, "plumbing", "search"], input=json.dumps(question).encode() + b"\n",
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def best(program, question, runs):
    return min((ask(program, question) for _ in range(runs)), key=lambda answer: answer["wall_s"])


def toulbar2_ms(data, runs):
    """Best time of the process, or None; it gets the same problem as random_search.py writes it."""
    if shutil.which("toulbar2") is None:
        return None
    document, _ = random_search.constraint_problem(search_check.Instance(data), 10 ** 7)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "stack.cfn"
        path.write_text(json.dumps(document).replace("[x]", "_x"), encoding="ascii")
        times = []
        for _ in range(runs):
            start = time.monotonic()
            subprocess.run(["toulbar2", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           timeout=60, check=False)
            times.append(time.monotonic() - start)
    return 1000 * min(times)


def table(options):
    def load(path):
        return json.loads((options.data / path).read_text(encoding="utf-8"))
    flask, tensorflow, both = (load(f"search/{name}.json") for name in ("d07-flask79Md", "d08-tf60", "d10-tfflask"))
    talk, kb = load("search/d06-flask7.8M.json"), load("bench-kb/kb-flask7.json")
    runs = options.runs

    def rate(data, mode, limit, unit="stacks", **settings):
        answer = best(options.thoth, {**data, "mode": mode, "limit": limit, "seed": 1, **settings}, runs)
        return answer[unit] / answer["wall_s"], answer
    for mode in ("random", "hill", "annealing"):
        print(f"stacks/s, flask space, {mode:30}{rate(flask, mode, 500000)[0] / 1e6:9.2f} million")
    for mode in ("random", "hill", "annealing"):
        print(f"stacks/s, TensorFlow space, {mode:25}{rate(tensorflow, mode, 500000)[0] / 1e6:9.2f} million")
    for mode in ("random", "annealing"):
        answer = rate(both, mode, 500000)[1]
        print(f"500,000 stacks of tensorflow + flask, {mode:15}{answer['wall_s']:9.3f} s")
    for name in sorted(path.stem for path in (options.data / "search").glob("d*.json")):
        data = load(f"search/{name}.json")
        answer = best(options.thoth, {**data, "mode": "exact"}, runs)
        oracle = toulbar2_ms(data, min(runs, 3))
        print(f"proof, {name:46}{1000 * answer['wall_s']:9.2f} ms, {answer.get('nodes')} nodes"
              + (f"; toulbar2's process {oracle:.0f} ms" if oracle else ""))
    answer = best(options.thoth, {**tensorflow, "mode": "count"}, runs)
    print(f"exact count, TensorFlow space{'':24}{1000 * answer['wall_s']:9.2f} ms, {answer['states']} states")
    answer = rate(tensorflow, "td", 10000, beam_width=1000)[1]
    print(f"memory of the search, TensorFlow, td, beam 1,000{'':5}{answer['bytes'] / 2**20:9.2f} MB")
    speed, answer = rate(kb, "td", 10000, "moves", beam_width=0)
    print(f"moves/s, td, flask7, limit 10,000, unlimited beam{'':4}{speed / 1e6:9.2f} million")
    answers = [ask(options.thoth, {**talk, "mode": "auto", "limit": 70000, "seed": seed}) for seed in range(1, 10)]
    hill = [ask(options.thoth, {**talk, "mode": "hill", "limit": 70000, "seed": seed}) for seed in range(1, 10)]
    optimum = talk["expected"]["score"]
    print(f"the talks' scenario, 7.5 million stacks, 70,000 scored: {sum(a['score'] >= 0.999 * optimum for a in hill)} of 9 seeds "
          f"of hill reach 99.9 %, {sum(a['status'] == 'optimal' for a in answers)} of 9 proven by auto")


def made_up(packages, versions, seed=1):
    """Requirements whose ranges move every few versions, two rules a package, newer versions score more."""
    rng, names, requires, rules = random.Random(seed), [f"p{i}" for i in range(packages)], [], []
    for i in range(packages - 1):
        for j in rng.sample(range(i + 1, packages), min(packages - 1 - i, rng.randint(1, 3) if i else 3)):
            low, step = 0, max(1, versions // 8)
            for v in range(versions):
                if v % step == 0:
                    low = min(versions - 1, max(0, v // 2 - rng.randint(0, step)))
                requires.append({"package": names[i], "version": v, "on": names[j],
                                 "allowed": [[low, min(versions - 1, low + max(1, versions * 2 // 3))]]})
    for _ in range(2 * packages):
        when = []
        for name in rng.sample(names, 2):
            low = rng.randrange(versions)
            when.append({"package": name, "from": low, "to": min(versions - 1, low + rng.randint(0, versions // 5))})
        rules.append({"when": when, "score": rng.randint(-500, 500)})
    return {"format": "thoth-search-instance/1", "requires": requires, "rules": rules,
            "packages": [{"name": name, "root": i < 2, "versions": [f"1.{v}" for v in range(versions)]}
                         for i, name in enumerate(names)],
            "unary": {name: [100 * (v + 1) // versions for v in range(versions)] for name in names}}


def growth(options):
    """[(packages, versions, seconds, stacks a second, proven)]"""
    rows = []
    for packages, versions in [(10, 10), (20, 10), (50, 10), (100, 10), (200, 10), (500, 10), (10, 20), (10, 50), (10, 100),
                               (10, 200), (10, 500), (50, 50), (100, 100), (100, 200), (200, 100)]:
        data = made_up(packages, versions)
        if len(json.dumps(data)) > 8e6:
            continue
        exact = best(options.thoth, {**data, "mode": "auto"}, min(options.runs, 3))
        hill = best(options.thoth, {**data, "mode": "hill", "limit": 100000}, min(options.runs, 3))
        rows.append((packages, versions, exact["wall_s"], hill["stacks"] / hill["wall_s"], exact["status"] == "optimal"))
        print(f"{packages:4} packages, {versions:4} versions each: {1000 * rows[-1][2]:9.1f} ms "
              f"{'proven' if rows[-1][4] else 'best and bound'}, {rows[-1][3] / 1e6:6.2f} million stacks/s", flush=True)
    return rows


def draw(rows, path):
    """Two fields with logarithmic axes: time of the answer, and stacks a second, over packages * versions."""
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 790 380" width="790" height="380">',
           '<style>text{font:12px sans-serif;fill:#333}.b{font-weight:bold}.e{text-anchor:end}.m{text-anchor:middle}'
           'line{stroke:#ddd}</style><rect width="100%" height="100%" fill="#fff"/>']

    def field(left, name, value, low, high, unit):
        def x(number):
            return left + 290 * (math.log10(number) - 2) / 3
        def y(number):
            return 330 - 270 * (math.log10(number) - low) / (high - low)
        out.append(f'<text x="{left}" y="32" class="b">{name}</text>')
        for power in range(low, high + 1):
            out.append(f'<line x1="{left}" x2="{left + 290}" y1="{y(10 ** power):.1f}" y2="{y(10 ** power):.1f}"/>'
                       f'<text x="{left - 6}" y="{y(10 ** power) + 4:.1f}" class="e">{10 ** power:,g}{unit}</text>')
        for power in range(2, 6):
            out.append(f'<text x="{x(10 ** power):.1f}" y="348" class="m">{10 ** power:,}</text>')
        for row in rows:
            colour = "#357" if row[0] > row[1] else "#164" if row[0] == row[1] else "#b63"
            out.append(f'<circle cx="{x(row[0] * row[1]):.1f}" cy="{y(value(row)):.1f}" r="5" stroke="{colour}" '
                       f'fill="{colour if row[4] else "#fff"}"><title>{row[0]} packages, {row[1]} versions</title></circle>')
    field(60, "time of the default answer (filled: proven)", lambda row: max(1e-3, row[2]), -3, 0, " s")
    field(450, "stacks scored a second, hill climbing", lambda row: row[3], 4, 7, "")
    out.append('<text x="205" y="370" class="m">packages × versions of each</text><text x="595" y="370" class="m">'
               '<tspan fill="#357">more packages</tspan>, <tspan fill="#164">as many</tspan>, '
               '<tspan fill="#b63">more versions</tspan></text></svg>')
    pathlib.Path(path).write_text("\n".join(out) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    shared = pathlib.Path(os.environ.get("THOTH_SHARED", SOURCE_ROOT.parent / "shared"))
    parser.add_argument("--data", type=pathlib.Path, default=shared / "data")
    parser.add_argument("--thoth", default=str(SOURCE_ROOT / "build/cli/thoth"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--growth")
    options = parser.parse_args()
    if options.growth:
        draw(growth(options), options.growth)
    else:
        table(options)


if __name__ == "__main__":
    main()
