"""Search instances, read and judged independently of the program: what a stack scores, or why it is none.

Both formats of `thoth plumbing search` are understood (thoth-plumbing(1)). Nothing here is shared with the
C code; the rules are those of the formats' own description: every root is there, what is there is what a
chain of requirements from a root leads to, every requirement holds, no forbidding rule applies.
"""

from fractions import Fraction


class Instance:
    """versions[package], roots, requires[package, version] = [(on, allowed set)], unary, rules, tables."""

    def __init__(self, data):
        self.requires = {}
        self.rules, self.tables = [], []
        if data["format"] == "thoth-bench-kb-1":
            self.read_bench(data)
        else:
            self.read_instance(data)

    def read_instance(self, data):
        self.scale = 1
        self.versions = {p["name"]: p["versions"] for p in data["packages"]}
        self.roots = [p["name"] for p in data["packages"] if p["root"]]
        for row in data.get("requires", []):
            allowed = {i for low, high in row["allowed"] for i in range(low, high + 1)}
            self.requires.setdefault((row["package"], row["version"]), []).append((row["on"], allowed))
        self.unary = {name: data.get("unary", {}).get(name, [0] * len(versions))
                      for name, versions in self.versions.items()}
        self.rules = data.get("rules", [])
        self.tables = data.get("tables", [])

    def read_bench(self, data):
        self.scale = 10000
        self.versions = {name: [r["version"] for r in releases] for name, releases in data["packages"].items()}
        self.roots = data["direct"]
        self.unary = {name: [Fraction(str(r["score"])) for r in releases]
                      for name, releases in data["packages"].items()}
        for name, releases in data["packages"].items():
            for i, release in enumerate(releases):
                for on, (low, behind) in release["depends"].items():
                    self.requires.setdefault((name, i), []).append((on, set(range(low, behind))))

    def numbers(self, assignment):
        """{package: version text} as {package: number}; raises ValueError for what does not exist."""
        numbers = {}
        for name, version in assignment.items():
            if name not in self.versions or version not in self.versions[name]:
                raise ValueError(f"there is no {name} {version}")
            numbers[name] = self.versions[name].index(version)
        return numbers

    def fault(self, stack):
        """Why {package: number} is no valid stack, or None."""
        for name in self.roots:
            if name not in stack:
                return f"root {name} is not there"
        founded, waiting = set(self.roots), list(self.roots)
        while waiting:
            name = waiting.pop()
            for on, allowed in self.requires.get((name, stack[name]), []):
                if stack.get(on) not in allowed:
                    return f"{name} requires {on} in another version than {stack.get(on)}"
                if on not in founded:
                    founded.add(on)
                    waiting.append(on)
        if founded != set(stack):
            return f"nothing leads to {sorted(set(stack) - founded)}"
        for rule in self.rules:
            if rule.get("forbid") and self.applies(rule, stack):
                return f"a rule forbids {rule['when']}"
        return None

    @staticmethod
    def applies(rule, stack):
        return all(t["package"] in stack and t["from"] <= stack[t["package"]] <= t["to"] for t in rule["when"])

    def score(self, stack):
        score = sum(self.unary[name][i] for name, i in stack.items())
        score += sum(rule["score"] for rule in self.rules if not rule.get("forbid") and self.applies(rule, stack))
        for table in self.tables:
            if table["a"] in stack and table["b"] in stack:
                score += table["table"][stack[table["a"]]][stack[table["b"]]]
        return score

    def stacks(self):
        """Every valid stack, by brute force: choices for what is required until nothing is left open."""
        def extend(stack):
            missing = {name for name in self.roots if name not in stack}
            for name, version in stack.items():
                missing |= {on for on, _ in self.requires.get((name, version), []) if on not in stack}
            if not missing:
                if self.fault(stack) is None:
                    yield stack
                return
            name = min(missing)
            for version in range(len(self.versions[name])):
                yield from extend({**stack, name: version})
        yield from extend({})


def judge(instance, answer):
    """What is wrong with the stack and score of an answer of the program, or None."""
    try:
        stack = instance.numbers(answer["assignment"])
    except KeyError:
        return "no stack found"
    except ValueError as error:
        return str(error)
    fault = instance.fault(stack)
    if fault is None and instance.score(stack) != Fraction(str(answer["score"])):
        fault = f"it scores {float(instance.score(stack))} and not {answer['score']}"
    return fault
