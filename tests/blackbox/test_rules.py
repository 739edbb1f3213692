"""Rules (prescriptions) through `thoth lock`: what they keep out, what they say, and where they are silent."""

import json
import textwrap

import pytest
from test_env import CARD, CUDA, DEBIAN, describe
from test_lock import Place, notebook

INDEX = [
    "alpha 2.0 requires beta",
    "alpha 1.0 requires beta",
    "beta 2.1",
    "beta 2.0",
    "beta 1.0",
    "gamma 1.0 requires delta",
    "delta 1.0",
    "pillow 8.3.0",
    "pillow 8.2.0",
    "numpy 1.21.0",
    "viewer 1.0 requires pillow",
]
LINK = "https://example.org/why"


class Rules(Place):
    def __init__(self, folder):
        super().__init__(folder, INDEX)
        self.rules = folder / "rules"
        self.rules.mkdir()
        (self.rules / "_prescription_metadata.yaml").write_text("prescription: {name: demo, release: '1'}\n")

    def rule(self, text, name="rule"):
        (self.rules / f"{name}.yaml").write_text("units:\n" + textwrap.indent(textwrap.dedent(text), "  "))
        return self

    def ask(self, *requirements, words=(), sources=(), code=0):
        """Lock a notebook that asks for these; the document of --json."""
        self.write(notebook(*[f"!pip install '{r}'" for r in requirements], *sources))
        own = ["--prescriptions", str(self.rules)] if list(self.rules.glob("[a-z]*.yaml")) else []
        done = self.lock("--json", *own, *words)
        assert done.returncode == code, done.stderr
        self.said = done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def place(tmp_path):
    return Rules(tmp_path)


def versions(document):
    return {p["name"]: p["version"] for p in document["packages"]}


def spoken(document):
    return [(m.get("unit"), m.get("package"), m.get("version")) for m in document["messages"]]


SIEVE = f"""
    sieves:
    - name: NoBeta21
      type: sieve
      should_include: {{adviser_pipeline: true}}
      match: {{package_version: {{name: beta, version: "==2.1"}}}}
      run: {{stack_info: [{{type: WARNING, message: beta 2.1 does not import, link: "{LINK}"}}]}}
    """
PAIR = """
    steps:
    - name: Pair
      type: step.Group
      should_include: {adviser_pipeline: true}
      match: {group: [{package_version: {name: alpha, version: ">=2"}}, {package_version: {name: beta, version: ">=2"}}]}
      run: {not_acceptable: alpha 2 does not know beta 2}
    """


def test_a_sieve_takes_a_version_out_and_everything_says_which(place):
    document = place.rule(SIEVE).ask("alpha")
    assert versions(document) == {"alpha": "2.0", "beta": "2.0"}
    reason = next(p["reason"] for p in document["packages"] if p["name"] == "beta")
    assert f"not 2.1: is held back by the rule demo.NoBeta21: beta 2.1 does not import ({LINK})" in reason
    assert document["messages"] == [{"type": "WARNING", "package": "beta", "version": "2.1", "unit": "demo.NoBeta21",
                                     "message": "beta 2.1 does not import", "link": LINK}]
    assert place.thoth()["messages"] == document["messages"]
    shown = place.run("show", "nb.ipynb").stdout
    assert "beta 2.1 does not import" in shown and "demo.NoBeta21" in shown and LINK in shown
    why = place.run("why", "nb.ipynb", "beta", "--prescriptions", str(place.rules))
    assert f"2.1: is held back by the rule demo.NoBeta21: beta 2.1 does not import ({LINK})" in why.stdout
    assert "WARNING: beta 2.1 does not import (rule demo.NoBeta21" in why.stdout
    stored = json.loads(place.run("why", "nb.ipynb", "beta", "--json").stdout)
    assert stored["messages"] == document["messages"]


def test_where_no_rule_has_anything_to_say_nothing_is_said(place):
    document = place.rule(SIEVE).ask("gamma", "beta<2.1")
    assert document["messages"] == [] and place.said == ""
    assert "messages" not in place.thoth()


def test_two_that_do_not_go_together_are_never_locked_together(place):
    place.rule(PAIR)
    assert versions(place.ask("alpha", "beta")) == {"alpha": "2.0", "beta": "1.0"}
    document = place.ask("beta>=2", "alpha")
    assert versions(document) == {"alpha": "1.0", "beta": "2.1"}
    assert spoken(document) == [("demo.Pair", "alpha", "2.0")]


def test_a_conflict_names_the_rule_and_offers_what_works(place):
    error = place.rule(PAIR).ask("alpha>=2", "beta>=2", code=4)
    conflict = error["conflict"]
    assert sorted(conflict["requirements"]) == ["alpha>=2", "beta>=2"]
    assert "alpha 2.0 with beta 2.0 to 2.1 (2 versions) is held back by the rule demo.Pair: alpha 2 does not know beta 2" \
        in conflict["text"]
    assert {s["replace_by"] for s in conflict["suggestions"]} >= {"beta>=1.0"}
    kinds = {step["kind"] for step in conflict["tree"]["steps"]}
    assert "rule" in kinds


def test_a_pin_that_a_sieve_takes_out_is_a_conflict(place):
    text = place.rule(SIEVE).ask("beta==2.1", code=4)["conflict"]["text"]
    assert f"beta 2.1 is held back by the rule demo.NoBeta21: beta 2.1 does not import ({LINK})" in text


def test_an_existing_lock_moves_away_from_what_a_rule_forbids(place):
    place.write(notebook("!pip install alpha"))
    assert place.lock().returncode == 0
    place.rule(SIEVE)
    done = place.lock("--json", "--prescriptions", str(place.rules))
    document = json.loads(done.stdout)
    assert versions(document)["beta"] == "2.0"
    changed = document["diff"]["changed"]
    assert [c["name"] for c in changed] == ["beta"] and "demo.NoBeta21" in json.dumps(changed)


def test_a_package_can_be_left_out(place):
    place.rule("""
        sieves:
        - name: SkipDelta
          type: sieve.SkipPackage
          should_include: {adviser_pipeline: true}
          match: {package_name: delta}
        """)
    document = place.ask("gamma", "delta")
    assert versions(document) == {"gamma": "1.0"}
    assert spoken(document) == [("demo.SkipDelta", "delta", None)]
    assert place.ask("alpha")["messages"] == []


def test_a_dependency_of_one_package_alone_can_be_left_out(place):
    place.rule("""
        steps:
        - name: GammaDoesNotNeedDelta
          type: step.SkipPackage
          should_include: {adviser_pipeline: true}
          match:
            package_version: {name: delta}
            state: {package_version_from: [{name: gamma}]}
        """)
    assert versions(place.ask("gamma")) == {"gamma": "1.0"}
    assert versions(place.ask("gamma", "delta")) == {"delta": "1.0", "gamma": "1.0"}


def test_a_boot_stops_the_run(place):
    place.rule(f"""
        boots:
        - name: NoGamma
          type: boot
          should_include: {{adviser_pipeline: true}}
          match: {{package_name: gamma}}
          run:
            not_acceptable: gamma is of yesterday
            stack_info: [{{type: ERROR, message: gamma needs a machine that is gone, link: "{LINK}"}}]
        """)
    document = place.ask("gamma", code=4)
    assert "the rule demo.NoGamma: gamma is of yesterday" in document["error"]["message"]
    assert "gamma needs a machine that is gone" in place.said
    assert place.ask("alpha")["messages"] == []


def test_wraps_and_steps_speak_of_the_final_stack(place):
    place.rule(f"""
        steps:
        - name: OldBeta
          type: step
          should_include: {{adviser_pipeline: true}}
          match:
          - package_version: {{name: beta, version: "<2"}}
            state: {{resolved_dependencies: [{{name: alpha}}]}}
          run:
            score: -0.1
            justification: [{{type: WARNING, message: slow together, link: "{LINK}", package_name: alpha}}]
        wraps:
        - name: Hello
          type: wrap
          should_include: {{adviser_pipeline: true}}
          match: {{state: {{resolved_dependencies: [{{name: alpha}}]}}}}
          run: {{justification: [{{type: INFO, message: alpha is nice, link: "{LINK}", package_name: alpha}}]}}
        - name: Notes
          type: wrap.GHReleaseNotes
          should_include: {{adviser_pipeline: true}}
          match: {{state: {{resolved_dependencies: [{{name: beta}}]}}}}
          run: {{release_notes: {{organization: o, repository: r, tag_version_prefix: v}}}}
        """)
    document = place.ask("alpha", "beta<2")
    assert spoken(document) == [
        ("demo.OldBeta", "alpha", "2.0"), ("demo.Hello", "alpha", "2.0"), ("demo.Notes", "beta", "1.0")]
    assert document["messages"][2]["link"].endswith("/o/r/releases/tag/v1.0")
    assert [m[0] for m in spoken(place.ask("alpha", words=["--upgrade"]))] == ["demo.Hello", "demo.Notes"]


def test_what_locks_do_not_do_is_left_to_the_person(place):
    place.rule(f"""
        pseudonyms:
        - name: Faster
          type: pseudonym
          should_include: {{adviser_pipeline: true}}
          match: {{package_version: {{name: beta, version: ">=2"}}}}
          run:
            yield: {{package_version: {{name: beta-fast}}}}
            stack_info: [{{type: INFO, message: looked at beta-fast, link: "{LINK}"}}]
        steps:
        - name: Also
          type: step.AddPackage
          should_include: {{adviser_pipeline: true}}
          match: {{package_version: {{name: alpha}}}}
          run: {{package_version: {{name: delta, locked_version: ==1.0, index_url: "{LINK}", develop: false}}}}
        """)
    document = place.ask("alpha")
    assert {(m["unit"], m["message"]) for m in document["messages"]} == {
        ("demo.Faster", "beta-fast may stand in for beta; it was not tried"),
        ("demo.Also", "alpha should have delta==1.0 beside it; add it to what you require")}
    assert [m[0] for m in spoken(place.ask("alpha", "delta"))] == ["demo.Faster"]


def test_the_originals_reading_of_usage_is_there_for_comparisons(place):
    place.rule(SIEVE.replace("adviser_pipeline: true}",
                             "adviser_pipeline: true, library_usage: {alpha: [alpha.b]}}"))
    code = ["import alpha\nalpha.a\nalpha.b"]
    assert versions(place.ask("beta", sources=code))["beta"] == "2.0"
    assert versions(place.ask("beta", sources=code, words=["--thoth-literal", "--upgrade"]))["beta"] == "2.1"


def test_a_rule_about_what_the_code_uses_names_cell_and_line(place):
    place.rule(f"""
        boots:
        - name: Load
          type: boot
          should_include: {{adviser_pipeline: true, library_usage: {{alpha: [alpha.load]}}}}
          run: {{stack_info: [{{type: WARNING, message: do not load, link: "{LINK}"}}]}}
        """)
    document = place.ask("alpha", sources=["x = 1", "import alpha\n\nalpha.load(x)\nalpha.load.deep"])
    message = document["messages"][0]
    assert (message["unit"], message["cell"], message["cell_id"], message["line"]) == ("demo.Load", 2, "c2", 3)
    assert message["message"] == "do not load (2 places)"
    assert "cell 3, line 3: do not load" in place.said
    assert place.ask("alpha", sources=["import alpha\nalpha.loader()"])["messages"] == []


def test_our_own_rule_about_a_name_that_others_can_take(place):
    document = place.ask("gamma", sources=["import tempfile\nprint(tempfile.mktemp())"])
    assert spoken(document) == [("thoth.TempfileMktemp", None, None)]
    assert document["messages"][0]["line"] == 2 and "docs.python.org" in document["messages"][0]["link"]


def test_our_own_rule_about_pillow_and_numpy(place):
    document = place.ask("viewer", "numpy")
    assert versions(document)["pillow"] == "8.2.0", "pillow came in through a dependency"
    assert spoken(document) == [("thoth.Pillow830WithNumpy", "pillow", "8.3.0")]
    assert versions(place.ask("viewer", words=["--upgrade"]))["pillow"] == "8.3.0"
    text = place.ask("pillow==8.3.0", "numpy", code=4)["conflict"]["text"]
    assert "thoth.Pillow830WithNumpy" in text and "https://github.com/" in text


def test_a_rule_of_ours_can_be_turned_off(place):
    (place.rules / "_prescription_metadata.yaml").write_text("prescription: {name: thoth, release: '1'}\n")
    place.rule("""
        steps:
        - name: Pillow830WithNumpy
          type: step.Group
          should_include: {times: 0, adviser_pipeline: true}
          match: {group: [{package_version: {name: pillow}}, {package_version: {name: numpy}}]}
          run: {}
        """)
    assert versions(place.ask("viewer", "numpy"))["pillow"] == "8.3.0"


def test_a_folder_with_a_fault_is_left_out_and_named(place):
    place.rule(SIEVE, "good").rule("nonsense: []\n", "bad")
    document = place.ask("alpha", "viewer", "numpy")
    assert versions(document)["beta"] == "2.1" and versions(document)["pillow"] == "8.2.0", "ours still count"
    text = next(m["message"] for m in document["messages"] if "left out" in m["message"])
    assert "bad.yaml:2:3: " in text
    used = document["resolution"]["data"]["prescriptions"]
    assert used.startswith("thoth ") and f"left out: {place.rules}" in used
    assert place.thoth()["resolution"]["data"]["prescriptions"] == used


def test_a_universal_lock_obeys_what_holds_for_some_pythons(place):
    place.rule(PAIR.replace("adviser_pipeline: true}",
                            "adviser_pipeline: true, runtime_environments: {python_version: '>=3.13'}}"))
    document = place.ask("alpha>=2", "beta", words=["--universal", "--python-version", "3.11"])
    locked = {(p["version"], p.get("marker", "")) for p in document["packages"] if p["name"] == "beta"}
    assert {version for version, _ in locked} == {"1.0", "2.1"} or locked == {("1.0", "")}
    place.rule(PAIR)
    document = place.ask("alpha>=2", "beta", words=["--universal", "--python-version", "3.11", "--upgrade"])
    assert versions(document)["beta"] == "1.0"


@pytest.mark.parametrize(("condition", "words", "holds"), [
    ("labels: {team: vision}", [], False),
    ("labels: {team: vision}", ["--label", "team=vision"], True),
    ("labels: {team: vision, stage: ci}", ["--label", "stage=ci", "--label", "a=b"], True),
    ("recommendation_types: [performance]", [], False),
    ("recommendation_types: [performance]", ["--recommendation-type", "performance"], True),
    ("recommendation_types: {not: [latest]}", ["--recommendation-type", "latest"], False),
    ("recommendation_types: [stable]", [], True),
    ("runtime_environments: {python_version: '>=3.11', platforms: [linux-x86_64]}", ["--platform", "linux"], True),
    ("runtime_environments: {platforms: [windows-amd64]}", ["--platform", "linux"], False),
])
def test_who_takes_part(place, condition, words, holds):
    place.rule(SIEVE.replace("adviser_pipeline: true}", f"adviser_pipeline: true, {condition}}}"))
    assert versions(place.ask("beta", words=words))["beta"] == ("2.0" if holds else "2.1")


@pytest.mark.parametrize("words", [
    ["--label", "team"], ["--recommendation-type", "best"]])
def test_wrong_words_are_refused(place, words):
    place.write(notebook("!pip install alpha"))
    assert place.lock(*words).returncode == 2


FORBIDS = {
    "a stride": """
        strides:
        - name: R
          type: stride
          should_include: {adviser_pipeline: true}
          match: {state: {resolved_dependencies: [{name: alpha, version: "==2.0"}, {name: beta, version: ">=2"}]}}
          run: {not_acceptable: not these}
        """,
    "a step with a condition": """
        steps:
        - name: R
          type: step
          should_include: {adviser_pipeline: true}
          match:
            package_version: {name: beta, version: ">=2"}
            state: {resolved_dependencies: [{name: alpha}]}
          run: {not_acceptable: not these}
        """,
    "brought in by": """
        steps:
        - name: R
          type: step
          should_include: {adviser_pipeline: true}
          match:
            package_version: {name: beta, version: ">=2"}
            state: {package_version_from: [{name: alpha, version: ">=2"}], package_version_from_allow_other: true}
          run: {not_acceptable: not these}
        """,
    "any package": """
        steps:
        - name: R
          type: step
          should_include: {adviser_pipeline: true}
          match: {package_version: {version: ">2"}}
          run: {not_acceptable: nothing above 2}
        """,
    "any package with a condition": """
        steps:
        - name: R
          type: step
          should_include: {adviser_pipeline: true}
          match:
            package_version: {version: ">=2.0.1"}
            state: {resolved_dependencies: [{name: alpha}]}
          run: {not_acceptable: nothing above 2 beside alpha}
        """,
}


@pytest.mark.parametrize("name", FORBIDS)
def test_what_forbids(place, name):
    place.rule(FORBIDS[name])
    expected = "2.0" if "any" in name else "1.0"
    document = place.ask("alpha>=2", "beta")
    assert versions(document) == {"alpha": "2.0", "beta": expected}
    assert spoken(document) == [("demo.R", "beta", "2.1")]
    if name != "any package":
        assert versions(place.ask("beta", words=["--upgrade"])) == {"beta": "2.1"}


@pytest.mark.parametrize("asked", ["beta", "alpha"])
def test_the_machine_counts_for_what_is_asked_for_and_what_that_brings_in(place, tmp_path, asked):
    place.rule(SIEVE.replace(
        "adviser_pipeline: true}",
        "adviser_pipeline: true, runtime_environments: {cuda_version: '>=12', hardware: [{gpu_models: {not: [null]}}]}}"))
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    machine = describe(tmp_path / "with", DEBIAN, CARD, CUDA)
    other = describe(tmp_path / "without", DEBIAN)
    assert versions(place.ask(asked, words=["--machine", str(machine)]))["beta"] == "2.0"
    assert versions(place.ask(asked, words=["--machine", str(other), "--upgrade"]))["beta"] == "2.1"
    locked = place.ask(asked, words=["--machine", str(machine), "--upgrade", "--platform", "windows"])
    assert versions(locked)["beta"] == "2.1", "this machine says nothing of another"


def test_rules_that_name_the_usual_index_mean_the_users_main_one(place):
    pip = pytest.importorskip("pip._internal.models.index")
    for address, version in [(pip.PyPI.simple_url, "2.0"), ("https://other.example/simple", "2.1"),
                             (place.index, "2.0")]:
        place.rule(SIEVE.replace('version: "==2.1"', f'version: "==2.1", index_url: "{address}"'))
        assert versions(place.ask("beta", words=["--upgrade"]))["beta"] == version, address


def test_the_list_says_which_rules_are_in_use(place):
    place.rule(SIEVE)
    done = place.run("prescriptions", "list", "--json", "--prescriptions", str(place.rules))
    ours, demo = json.loads(done.stdout)["sources"]
    assert (ours["source"], ours["name"], ours["in_use"]) == ("shipped", "thoth", True)
    assert demo["units"] == {"sieve": 1} and demo["digest"].startswith("sha256:")
    place.rule("nonsense: []\n", "bad")
    done = place.run("prescriptions", "list", "--prescriptions", str(place.rules))
    assert done.returncode == 1 and "left out" in done.stdout and "bad.yaml:2:3" in done.stdout
