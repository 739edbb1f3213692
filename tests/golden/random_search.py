#!/usr/bin/env python3
"""Random small search problems against brute force and, where installed, against toulbar2.

    tests/golden/random_search.py THOTH [ROUNDS] [SEED]

Small ones are enumerated: the best k stacks, their order and the number of all must agree; they have cycles,
extras, packages without versions and rules about up to four packages. Larger ones without cycles go to
toulbar2 (Debian package of that name) as a weighted constraint problem written here, apart from the program.
"""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import search_check  # noqa: E402


def ranges(rng, n):
    """One or two ranges of version numbers below n."""
    low = rng.randrange(n)
    found = [[low, min(n - 1, low + rng.randrange(n))]]
    if rng.random() < 0.2:
        found.append([0, rng.randrange(n)])
    return found


def problem(rng, packages, versions, cycles):
    """One instance; package 0 is a root."""
    names = [f"p{i}" for i in range(packages)]
    sizes = [rng.randint(1 if rng.random() < 0.95 else 0, versions) for _ in names]
    sizes[0] = max(1, sizes[0])
    requires = []
    for i, name in enumerate(names):
        targets = [j for j in range(packages) if j != i and sizes[j] > 0 and (j > i or (cycles and rng.random() < 0.4))]
        for j in rng.sample(targets, min(len(targets), rng.randint(0, 3))):
            for version in range(sizes[i]):
                if rng.random() < 0.7:
                    requires.append({"package": name, "version": version, "on": names[j],
                                     "allowed": ranges(rng, sizes[j])})
    if rng.random() < 0.3 and packages < 8:  # an extra: the same version as its project
        base = rng.randrange(packages)
        names.append(names[base] + "[x]")
        sizes.append(sizes[base])
        for version in range(sizes[base]):
            requires.append({"package": names[-1], "version": version, "on": names[base],
                             "allowed": [[version, version]]})
            if sizes[0] and base != 0:
                requires.append({"package": names[0], "version": rng.randrange(sizes[0]), "on": names[-1],
                                 "allowed": [[0, sizes[-1] - 1]]})
    some = [i for i in range(len(names)) if sizes[i] > 0]
    rules = []
    for _ in range(rng.randint(0, 2 * packages)):
        terms = []
        for i in rng.sample(some, min(len(some), rng.choice([1, 2, 2, 2, 3, 3, 4]))):
            low = rng.randrange(sizes[i])
            terms.append({"package": names[i], "from": low, "to": min(sizes[i] - 1, low + rng.randrange(3))})
        forbid = rng.random() < 0.25
        rules.append({"when": terms, **({"forbid": True} if forbid else {"score": rng.randint(-500, 500)})})
    tables = []
    if rng.random() < 0.5 and len(some) > 1:
        a, b = rng.sample(some, 2)
        tables.append({"a": names[a], "b": names[b], "table": [[rng.randint(-99, 99) for _ in range(sizes[b])]
                                                               for _ in range(sizes[a])]})
    return {"format": "thoth-search-instance/1",
            "packages": [{"name": name, "root": i == 0 or (i < 3 and sizes[i] > 0 and rng.random() < 0.2),
                          "versions": [f"1.{v}" for v in range(sizes[i])]} for i, name in enumerate(names)],
            "requires": requires,
            "unary": {name: [rng.choice([0, rng.randint(-100, 100)]) for _ in range(sizes[i])]
                      for i, name in enumerate(names)},
            "rules": rules, "tables": tables}


def ask(thoth, questions):
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([thoth, "plumbing", "search"], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def against_brute_force(thoth, rng, rounds):
    data = [problem(rng, rng.randint(1, 6), rng.randint(1, 4), rng.random() < 0.5) for _ in range(rounds)]
    faults = 0
    several = ask(thoth, [{**d, "count": 5} for d in data])
    counts = ask(thoth, [{**d, "mode": "count", "with_rules": True} for d in data])
    plain = ask(thoth, [{**d, "mode": "count"} for d in data])
    for d, one, best, count, all_count in zip(data, ask(thoth, data), several, counts, plain):
        instance = search_check.Instance(d)
        scores = sorted((instance.score(stack) for stack in instance.stacks()), reverse=True)
        wrong = None
        if count.get("count") != str(len(scores)):
            wrong = f"counted {count} instead of {len(scores)}"
        without = search_check.Instance({**d, "rules": []})
        if all_count.get("count") != str(sum(1 for _ in without.stacks())):
            wrong = f"counted {all_count} without rules"
        if wrong:
            pass
        elif "error" in one or "error" in best:
            wrong = one.get("error") or best["error"]
        elif (one["status"] == "optimal") != bool(scores) or one["status"] not in ("optimal", "unsatisfiable"):
            wrong = f"{one['status']}, and there are {len(scores)} stacks"
        elif scores and one["score"] != scores[0]:
            wrong = f"{one['score']} instead of {scores[0]}"
        elif scores and [b["score"] for b in best["best"]] != scores[:5]:
            wrong = f"best 5 are {[b['score'] for b in best['best']]} instead of {scores[:5]}"
        for answer in ([one] + best["best"]) if scores and not wrong else []:
            wrong = wrong or search_check.judge(instance, answer)
        if scores and not wrong and best["best"][0]["assignment"] != one["assignment"]:
            wrong = "the best of five is another than the best"
        if wrong:
            faults += 1
            print(f"FAULT {wrong}\n  {json.dumps(d)}")
    print(f"{rounds - faults} of {rounds} agree with brute force")
    return faults


# ---- toulbar2 ------------------------------------------------------------------------------------------------

def constraint_problem(instance, cut):
    """The instance (without cycles) as toulbar2's JSON: costs are scores from above, `cut` is what cannot be."""
    variables, functions = {}, {}
    for name, versions in instance.versions.items():
        variables["v_" + name] = ["absent"] + [f"v{i}" for i in range(len(versions))]
        best = max([0] + list(instance.unary[name]))
        functions["u_" + name] = {"scope": ["v_" + name], "costs": [cut if name in instance.roots else best] +
                                  [best - s for s in instance.unary[name]]}
    offset = sum(max([0] + list(instance.unary[name])) for name in instance.versions)
    wanted = {}
    for number, ((name, version), rows) in enumerate(instance.requires.items()):
        for k, (on, allowed) in enumerate(rows):
            wanted.setdefault(on, set()).add((name, version))
            n, m = len(instance.versions[name]) + 1, len(instance.versions[on]) + 1
            costs = [cut if i == version + 1 and (j == 0 or j - 1 not in allowed) else 0
                     for i in range(n) for j in range(m)]
            functions[f"r{number}_{k}"] = {"scope": ["v_" + name, "v_" + on], "costs": costs}
    for name in instance.versions:  # there only when somebody requires it: a chain of "nobody so far"
        if name in instance.roots:
            continue
        before = None
        for k, by in enumerate(sorted({by for by, _ in wanted.get(name, ())})):
            now = f"w{k}_{name}"
            variables[now] = ["nobody", "somebody"]
            asks = [False] + [(by, v) in wanted[name] for v in range(len(instance.versions[by]))]
            scope = ["v_" + by, now] if before is None else [before, "v_" + by, now]
            costs = []
            for b in ([False] if before is None else [False, True]):
                costs += [0 if (b or a) == w else cut for a in asks for w in (False, True)]
            functions[f"f{k}_{name}"] = {"scope": scope, "costs": costs}
            before = now
        m = len(instance.versions[name]) + 1
        if before is None:
            functions["never_" + name] = {"scope": ["v_" + name], "costs": [0] + [cut] * (m - 1)}
        else:
            functions["founded_" + name] = {"scope": [before, "v_" + name], "costs": [0] + [cut] * (m - 1) + [cut] + [0] * (m - 1)}
    for number, rule in enumerate(instance.rules):
        scope, costs = [], [()]
        inside = []
        for term in rule["when"]:
            scope.append("v_" + term["package"])
            inside.append([False] + [term["from"] <= v <= term["to"] for v in range(len(instance.versions[term["package"]]))])
        for values in inside:
            costs = [row + (value,) for row in costs for value in values]
        score = 0 if rule.get("forbid") else rule["score"]
        offset += max(0, score)
        functions[f"k{number}"] = {"scope": scope, "costs": [
            (cut if rule.get("forbid") else max(0, score) - score) if all(row) else max(0, score) for row in costs]}
    for number, table in enumerate(instance.tables):
        most = max([0] + [cell for row in table["table"] for cell in row])
        offset += most
        rows, columns = len(instance.versions[table["a"]]) + 1, len(instance.versions[table["b"]]) + 1
        functions[f"t{number}"] = {"scope": ["v_" + table["a"], "v_" + table["b"]], "costs": [
            most - (table["table"][i - 1][j - 1] if i and j else 0) for i in range(rows) for j in range(columns)]}
    return {"problem": {"name": "stack", "mustbe": f"<{cut}"}, "variables": variables, "functions": functions}, offset


def toulbar2_best(instance, folder):
    """The best score, or None when there is no stack."""
    cut = 10 ** 7
    document, offset = constraint_problem(instance, cut)
    path = pathlib.Path(folder) / "stack.cfn"
    path.write_text(json.dumps(document).replace("[x]", "_x"), encoding="ascii")  # no brackets in names there
    done = subprocess.run(["toulbar2", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode()
    if match := re.search(r"^Optimum: (\d+)", text, re.MULTILINE):
        return offset - int(match[1])
    if "No solution" in text:
        return None
    raise SystemExit(f"toulbar2 says neither optimum nor that there is none:\n{text[-2000:]}")


def against_toulbar2(thoth, rng, rounds):
    if shutil.which("toulbar2") is None:
        print("skipped: no toulbar2 here (Debian package toulbar2)")
        return 1 if os.environ.get("CI") == "true" else 0
    data = [problem(rng, rng.randint(5, 12), rng.randint(3, 9), False) for _ in range(rounds)]
    faults, solved = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for d, answer in zip(data, ask(thoth, data)):
            instance = search_check.Instance(d)
            best = toulbar2_best(instance, folder)
            solved += best is not None
            wrong = None if answer.get("score") == best and answer["status"] in ("optimal", "unsatisfiable") else \
                f"{answer['status']} {answer.get('score')}, and toulbar2 says {best}"
            if best is not None and not wrong:
                wrong = search_check.judge(instance, answer)
            if wrong:
                faults += 1
                print(f"FAULT {wrong}\n  {json.dumps(d)}")
    print(f"{rounds - faults} of {rounds} agree with toulbar2 ({solved} have a stack)")
    return faults


def main():
    thoth = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(f"seed {seed}")
    faults = against_brute_force(thoth, random.Random(seed), rounds)
    faults += against_toulbar2(thoth, random.Random(seed), rounds)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
