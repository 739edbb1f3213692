#!/usr/bin/env python3
"""Every predictor on the knowledge bases of data/bench-kb, beside the figures of adviser.

    tests/search_predictors.py [--data FOLDER] [--thoth PROGRAM] [--seeds N]

Prints the best score of seeds 1 to 3, the median of N (9), stacks and moves a second. The reference
figures are those measured with adviser 0.56.3 on the same files at the same limits; a median below the
reference's is a fault (exit code 1). Every stack is judged by search_check.py. 77 without data.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import search_check  # noqa: E402

SOURCE_ROOT = pathlib.Path(__file__).resolve().parent.parent

# file, mode, limit, settings, best scores that adviser reached
ROWS = [
    ("kb-flask7", "td", 10000, {}, [4.4724, 4.2505, 4.3072]),
    ("kb-flask7", "td", 10000, {"trace": True, "steps": 3}, []),
    ("kb-flask7", "mcts", 10000, {}, [4.1297, 4.2049, 3.8863]),
    ("kb-flask7", "annealing", 10000, {}, [5.0745, 4.8311, 4.4831]),
    ("kb-flask7", "annealing", 10000, {"beam_width": 0}, [5.0745, 4.8311, 4.4831]),
    ("kb-flask7", "sampling", 10000, {}, [4.2001, 5.0034, 3.7015]),
    ("kb-flask7", "random", 10000, {}, [3.7194, 3.7456, 4.6529]),
    ("kb-flask7", "hill", 10000, {}, [3.6717] * 3),
    ("kb-flask7", "hill", 10000, {"beam_width": 0}, [3.6717] * 3),
    ("kb-flask7", "latest", 10000, {}, [3.0104, 2.4176, 2.5405]),
    ("kb-flask7", "combinations", 10000, {}, []),
    ("kb-flask7", "td", 10000, {"beam_width": 0}, [4.4724, 4.2505, 4.3072]),
    ("kb-tfflask", "td", 200, {}, [10.69, 8.50]),
    ("kb-tfflask", "mcts", 1000, {}, [10.08, 11.12]),
    ("kb-tfflask", "annealing", 1000, {}, [19.24]),
    ("kb-tfflask", "annealing", 1000, {"beam_width": 1000}, [19.24]),
    ("kb-tfflask", "random", 1000, {}, [6.97, 6.04]),
    ("kb-tfflask", "hill", 1000, {}, [20.95]),
    ("kb-tfflask", "hill", 1000, {"beam_width": 1000}, [20.95]),
    ("kb-tfflask", "sampling", 1000, {}, []),
    ("kb-tfflask", "latest", 1000, {}, []),
]


def ask(program, questions):
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([program, "plumbing", "search"], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def main():
    parser = argparse.ArgumentParser()
    shared = pathlib.Path(os.environ.get("THOTH_SHARED", SOURCE_ROOT.parent / "shared"))
    parser.add_argument("--data", type=pathlib.Path, default=shared / "data/bench-kb")
    parser.add_argument("--thoth", default=str(SOURCE_ROOT / "build/cli/thoth"))
    parser.add_argument("--seeds", type=int, default=9)
    options = parser.parse_args()
    if not (options.data / "kb-flask7.json").exists():
        print(f"skipped: no knowledge bases in {options.data}")
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    data = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in options.data.glob("kb-*.json")}
    faults = 0
    for name in data:
        exact, = ask(options.thoth, [{**data[name], "mode": "exact"}])
        wrong = search_check.judge(search_check.Instance(data[name]), exact)
        faults += wrong is not None or exact["status"] != "optimal"
        print(f"{name}: {exact['status']} {exact['score']} in {1000 * exact['wall_s']:.2f} ms {wrong or ''}")
    print(f"{'data':11}{'predictor':14}{'limit':>7}  {'seeds 1 to 3':28}{'median':>9}{'reference':>11}"
          f"{'stacks/s':>11}{'moves/s':>11}  settings")
    for name, mode, limit, settings, reference in ROWS:
        answers = ask(options.thoth, [{**data[name], "mode": mode, "limit": limit, "seed": seed, **settings}
                                      for seed in range(1, options.seeds + 1)])
        instance = search_check.Instance(data[name])
        wrong = next((fault for answer in answers if (fault := search_check.judge(instance, answer))), None)
        scores = [answer.get("score", -99) for answer in answers]
        median = statistics.median(scores)
        goal = statistics.median(reference) if reference else None
        if goal is not None and median < goal - 1e-9:
            wrong = wrong or "below the reference"
        faults += wrong is not None
        seconds = sum(answer["wall_s"] for answer in answers)
        print(f"{name:11}{mode:14}{limit:7}  {' '.join(f'{s:8.4f}' for s in scores[:3]):28}{median:9.4f}"
              f"{goal if goal is not None else '':>11}{sum(a['stacks'] for a in answers) / seconds:11.0f}"
              f"{sum(a['moves'] for a in answers) / seconds:11.0f}  {settings or ''} {wrong or ''}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
