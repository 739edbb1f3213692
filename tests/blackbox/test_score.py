"""The best-scored stack through `thoth lock`: rules in a folder, a recorded index, no network."""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
import run_resolver  # noqa: E402

THOTH = os.environ.get("THOTH", "build/cli/thoth")
INDEX = ["flask 3.0 requires click>=8, werkzeug>=3", "flask 2.3 requires click>=8, werkzeug>=2",
         "flask 2.2 requires click>=8, werkzeug>=2", "click 8.2", "click 8.1", "click 8.0",
         "werkzeug 3.1", "werkzeug 3.0", "werkzeug 2.3", "werkzeug 2.2"]


def rule(name, packages, score):
    """A step about one package, or a group of several that are in one stack."""
    one = [f"package_version: {{name: {n}, version: \"{v}\"}}" for n, v in packages]
    match = f"      {one[0]}\n" if len(one) == 1 else "      group:\n" + "".join(f"      - {o}\n" for o in one)
    kind = "step" if len(one) == 1 else "step.Group"
    return (f"  - name: {name}\n    type: {kind}\n    should_include: {{adviser_pipeline: true}}\n"
            f"    match:\n{match}    run:\n      score: {score}\n")


class Place:
    def __init__(self, folder, index=None, requires="flask"):
        self.folder = folder
        (folder / "index").mkdir()
        run_resolver.write_index(index or INDEX, folder / "index")
        self.notebook = folder / "nb.ipynb"
        cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None,
                "source": f"%pip install {requires}"}
        self.notebook.write_text(json.dumps({"cells": [cell], "metadata": {"language_info": {"name": "python"}},
                                             "nbformat": 4, "nbformat_minor": 4}))

    def rules(self, *rules):
        folder = self.folder / "rules"
        folder.mkdir(exist_ok=True)
        (folder / "_prescription_metadata.yaml").write_text("prescription:\n  name: demo\n  release: \"1\"\n")
        (folder / "rules.yaml").write_text("units:\n  steps:\n" + "".join(rules))

    def run(self, command, *arguments, code=0):
        environment = dict(os.environ, THOTH_CACHE_DIR=str(self.folder / "cache"))
        extra = [] if command == "log" else ["--index-url", (self.folder / "index").as_uri(), "--prescriptions",
                                             str(self.folder / "rules"), "--python-version", "3.11.5",
                                             "--platform", "linux"]
        done = subprocess.run([THOTH, command, str(self.notebook), *extra, *arguments], capture_output=True, text=True,
                              env=environment, check=False, timeout=60)
        assert done.returncode == code, done.stderr
        return done.stdout

    def lock(self, *arguments):
        document = json.loads(self.run("lock", "--json", *arguments))
        return {p["name"]: p["version"] for p in document["packages"]}, document

    def metadata(self):
        return json.loads(self.notebook.read_text())["metadata"]["thoth"]


@pytest.fixture(name="place")
def fixture_place(tmp_path):
    return Place(tmp_path)


def test_a_rule_against_the_newest_release_takes_the_one_before(place):
    place.rules(rule("SlowClick", [("click", "==8.2")], -0.2))
    text = place.run("lock")
    assert "score 0, proven best of " in text
    assert "8.1 instead of 8.2: rule demo.SlowClick gives 8.2 -0.2" in text
    thoth = place.metadata()
    assert "8.1 instead of 8.2: rule demo.SlowClick" in thoth["justification"]["click"]
    assert thoth["resolution"]["score"] == 0 and thoth["resolution"]["proven"] is True
    assert thoth["lock"]["packages"][0].startswith("click==8.1 ")


def test_latest_heeds_no_score(place):
    place.rules(rule("SlowClick", [("click", "==8.2")], -0.2))
    packages, document = place.lock("--recommendation-type", "latest")
    assert packages["click"] == "8.2"
    assert "score" not in document["resolution"]


def test_nothing_more_is_asked_where_nothing_can_be_gained(place):
    place.rules(rule("OldClick", [("click", "<8")], -0.5), rule("GoodClick", [("click", "==8.2")], 0.3))
    packages, document = place.lock()
    assert packages == {"click": "8.2", "flask": "3.0", "werkzeug": "3.1"}
    assert document["resolution"]["metadata_documents"] == 3
    assert document["resolution"]["searched"] is False and document["resolution"]["proven"] is True


def test_two_releases_that_go_together(place):
    place.rules(rule("Together", [("flask", "==2.3"), ("werkzeug", "<3")], 0.4))
    packages, document = place.lock()
    assert packages == {"click": "8.2", "flask": "2.3", "werkzeug": "2.3"}
    assert document["resolution"]["score"] == 400 == document["resolution"]["bound"]
    assert document["resolution"]["metadata_documents"] <= 6


def test_the_worked_example_of_the_document(tmp_path):
    text = (pathlib.Path(__file__).resolve().parent.parent.parent / "docs/resolver.md").read_text()
    blocks = text.partition("#### A worked example")[2].split("```")
    facts = [fact for line in blocks[1].strip().splitlines() for fact in re.split(r"\s{4,}", line)]
    index, rules = [], []
    for fact in facts:
        if match := re.match(r"(\w+): (\w+) ([\d.]+) scores (\S+)$", fact):
            rules.append(rule(match[1], [(match[2], f"=={match[3]}")], match[4]))
        elif match := re.match(r"(\w+): (\w+) ([\d.]+) with (\w+)(\S+) scores (\S+)$", fact):
            rules.append(rule(match[1], [(match[2], f"=={match[3]}"), (match[4], match[5])], match[6]))
        elif " requires " in fact:
            index.append(fact)
        elif match := re.match(r"(\w+) ([\d., ]+)$", fact):
            index += [f"{match[1]} {version}" for version in match[2].split(", ")]
    assert len(index) == 10 and len(rules) == 2
    place = Place(tmp_path, index)
    place.rules(*rules)
    told = place.run("lock")
    for line in blocks[3].strip().splitlines():
        assert line in told
    assert place.metadata()["resolution"]["score"] == 400


def test_the_same_lock_for_every_seed_and_a_lock_that_stays(place):
    place.rules(rule("Together", [("flask", "==2.3"), ("werkzeug", "<3")], 0.4),
                rule("SlowClick", [("click", "==8.2")], -0.2))
    first, _ = place.lock("--dry-run", "--seed", "1")
    assert all(place.lock("--dry-run", "--seed", str(seed))[0] == first for seed in range(2, 6))
    place.run("lock")
    before = place.notebook.read_bytes()
    assert "nothing to change" in place.run("lock", "--seed", "7")
    assert place.notebook.read_bytes() == before


@pytest.mark.parametrize("predictor", ["exact", "hill", "annealing", "td", "mcts", "random", "sampling"])
def test_every_predictor_finds_it_in_a_small_world(place, predictor):
    place.rules(rule("Together", [("flask", "==2.3"), ("werkzeug", "<3")], 0.4))
    packages, document = place.lock("--predictor", predictor, "--limit", "500")
    assert packages["flask"] == "2.3"
    assert document["resolution"]["predictor"] == predictor


def test_the_best_few(place):
    place.rules(rule("SlowClick", [("click", "==8.2")], -0.2))
    packages, document = place.lock("--count", "2")
    products = document["products"]
    assert len(products) == 2 and products[0]["score"] == 0
    assert {p["name"]: p["version"] for p in products[0]["packages"]} == packages


def test_what_bad_observations_say_is_avoided(tmp_path):
    index = [f"flask {v} requires werkzeug>=2, click>=8" for v in ("3.0", "2.3", "2.2", "2.1")]
    index += [f"werkzeug {v}" for v in ("3.1", "3.0", "2.3", "2.2")] + [f"click 8.{v}" for v in range(4)]
    place = Place(tmp_path, index)
    bad = [[("flask", "==3.0"), ("werkzeug", v)] for v in ("==3.1", "==3.0")]
    bad += [[("click", "==8.3")], [("flask", "==2.3"), ("click", "==8.2")]]
    place.rules(*[rule(f"Bad{i}", packages, -0.5) for i, packages in enumerate(bad)])
    packages, document = place.lock()
    assert document["resolution"]["score"] == 0 and document["resolution"]["proven"] is True
    stack = {name: packages[name] for name in ("flask", "werkzeug", "click")}
    for packages in bad:
        assert not all(stack[name] == version.lstrip("=") for name, version in packages), stack


def test_a_forbidden_stack_is_never_the_best(place):
    forbid = rule("Never", [("flask", "==2.3"), ("werkzeug", "<3")], 0).replace(
        "score: 0", "not_acceptable: these two do not work together")
    place.rules(rule("Together", [("flask", "==2.3"), ("werkzeug", "<3")], 0.9), forbid)
    packages, _ = place.lock()
    assert not (packages["flask"] == "2.3" and packages["werkzeug"].startswith("2"))


def test_the_log_and_the_picture(place):
    place.rules(rule("SlowClick", [("click", "==8.2")], -0.2))
    picture = place.folder / "search.svg"
    place.run("lock", "--plot", str(picture))
    assert picture.read_text().startswith("<svg")
    text = place.run("log")
    assert "rule demo.SlowClick" in text and "proven best of" in text
    again = place.folder / "again.svg"
    place.run("log", "--plot", str(again))
    assert again.read_text().startswith("<svg")
    assert re.search(r"^thoth: .*nothing is known here", subprocess.run(
        [THOTH, "log", str(place.notebook), "--cache-dir", str(place.folder / "none")], capture_output=True, text=True,
        check=False, timeout=60).stderr, re.MULTILINE)


def test_several_environments_get_one_lock(place):
    place.rules(rule("SlowClick", [("click", "==8.2")], -0.2))
    packages, document = place.lock("--python-version", "3.12", "--python-version", "3.11")
    assert packages["click"] == "8.1"
    assert len(document["packages"]) == 3


def test_wrong_options_are_named(place):
    place.rules(rule("SlowClick", [("click", "==8.2")], -0.2))
    place.run("lock", "--predictor", "oracle", code=2)
    place.run("lock", "--limit", "none", code=2)
    place.run("lock", "--count", "0", code=2)
