"""What moves between two locks and why: re-locks, `thoth update`, `outdated`, `diff`, `why`."""

import json
import shutil
import subprocess

import pytest
from test_lock import Place, notebook, write_index

BEFORE = [
    "flask 2.0 requires click>=7",
    "click 8.0",
    "old 1.0",
    "lonely 1.0",
]
AFTER = BEFORE + [
    "flask 3.0 requires click>=8.1, blinker",
    "click 8.1",
    "click 8.2",
    "click 9.0 ; python >=3.99",
    "blinker 1.9",
    "lonely 1.1",
]
BOOK = notebook("!pip install flask lonely old")


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    grow(place, BEFORE)
    return place.write(BOOK)


def grow(place, lines):
    """The index as it is from now on."""
    folder = place.path.parent.parent / "index"
    shutil.rmtree(folder)
    folder.mkdir()
    write_index(lines, folder)
    place.cache.exists() and shutil.rmtree(place.cache)


def changes(document):
    return {(kind, c["name"]): (c.get("from"), c.get("to"), c.get("reason"))
            for kind, list_ in document["diff"].items() for c in list_}


def packages(place):
    return {line.split("==")[0]: line.split("==")[1].split()[0] for line in place.thoth()["lock"]["packages"]}


def test_a_relock_keeps_what_still_fits(place):
    place.lock()
    before = place.path.read_bytes()
    grow(place, AFTER)
    again = place.lock()
    assert again.returncode == 0, again.stderr
    assert packages(place) == {"flask": "2.0", "click": "8.0", "lonely": "1.0", "old": "1.0"}
    assert place.thoth()["lock"]["created"] in before.decode()


def test_an_upgrade_moves_only_what_must_and_says_why(place):
    place.lock()
    grow(place, AFTER)
    document = json.loads(place.lock("--upgrade", "flask", "--json").stdout)
    assert changes(document) == {
        ("changed", "flask"): ("2.0", "3.0", "--upgrade asked for it"),
        ("changed", "click"): ("8.0", "8.2", "flask 3.0 requires click>=8.1; --upgrade asked for flask"),
        ("added", "blinker"): (None, "1.9", "required by flask 3.0"),
    }
    assert packages(place)["lonely"] == "1.0"


def test_what_nobody_asks_for_any_more_goes(place):
    place.lock()
    place.write(json.dumps({**json.loads(place.path.read_text()), "cells": json.loads(
        notebook("!pip install lonely old"))["cells"]}))
    done = place.lock()
    assert "  - flask 2.0: nothing asks for it any more (cell 1 did)\n" in done.stdout
    assert "  - click 8.0: nothing requires it any more (flask did)\n" in done.stdout


@pytest.mark.parametrize("lines, says", [
    (["click 8.0 yanked broken" if line == "click 8.0" else line for line in AFTER],
     "  ~ click 8.0 -> 8.2: 8.0 was yanked: broken\n"),
    ([line for line in AFTER if line != "click 8.0"], "  ~ click 8.0 -> 8.2: the index does not have 8.0\n"),
])
def test_a_version_that_is_gone_is_left_with_a_reason(place, lines, says):
    place.lock()
    grow(place, lines)
    assert says in place.lock().stdout


def test_a_requirement_moves_a_package_with_its_name(place):
    place.lock()
    grow(place, AFTER)
    source = json.loads(place.path.read_text())
    source["cells"] = json.loads(notebook("!pip install flask lonely old", "!pip install 'lonely>1'"))["cells"]
    place.write(json.dumps(source))
    assert "  ~ lonely 1.0 -> 1.1: lonely>1 in cell 2\n" in place.lock().stdout


def test_outdated_says_what_could_be_and_what_holds_back(place):
    place.lock()
    assert place.run("outdated", "nb.ipynb").returncode == 0
    grow(place, AFTER)
    written = place.path.read_bytes()
    done = place.run("outdated", "nb.ipynb")
    assert done.returncode == 1
    assert "  flask 2.0 -> 3.0\n" in done.stdout
    assert "  click 8.0 -> 8.2; not 9.0: needs Python >=3.99\n" in done.stdout
    document = json.loads(place.run("outdated", "nb.ipynb", "--json").stdout)
    assert {"name": "click", "version": "8.0", "update": "8.2", "newest": "9.0",
            "reason": "needs Python >=3.99"} in document["outdated"]
    assert "old" not in {row["name"] for row in document["outdated"]}
    assert place.path.read_bytes() == written
    assert place.run("update", "nb.ipynb").returncode == 0
    kept = place.run("outdated", "nb.ipynb")
    assert kept.returncode == 0
    assert "newer ones are kept back:\n  click 8.2; not 9.0: needs Python >=3.99\n" in kept.stdout


def test_update_takes_names_and_shows_the_difference(place):
    place.lock()
    grow(place, AFTER)
    dry = place.run("update", "nb.ipynb", "lonely", "--dry-run")
    assert dry.returncode == 0 and "lonely 1.0 -> 1.1: update asked for it" in dry.stdout
    assert packages(place)["lonely"] == "1.0"
    assert place.run("update", "nb.ipynb", "Lonely").returncode == 0
    assert packages(place) == {"flask": "2.0", "click": "8.0", "lonely": "1.1", "old": "1.0"}
    assert place.run("update", "nb.ipynb", "--check").returncode == 1
    assert place.run("update", "nb.ipynb").returncode == 0
    assert packages(place)["flask"] == "3.0"
    assert "nothing to change" in place.run("update", "nb.ipynb").stdout
    unknown = place.run("update", "nb.ipynb", "numpy")
    assert unknown.returncode == 1 and "'numpy' is not in the lock" in unknown.stderr


def test_without_a_lock_the_answer_is_no(place):
    for command in ("outdated", "update", "why"):
        done = place.run(command, "nb.ipynb")
        assert done.returncode == 1 and "there is no lock" in done.stderr, command


def git(place, *words):
    subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=n@example.com", *words], cwd=place.folder,
                   check=True, capture_output=True)


def test_diff_with_another_notebook_and_with_git(place):
    place.lock()
    shutil.copy(place.path, place.folder / "old.ipynb")
    same = place.run("diff", "nb.ipynb", "old.ipynb")
    assert same.returncode == 0 and "no difference" in same.stdout
    git(place, "init", "-q")
    git(place, "add", "nb.ipynb")
    git(place, "commit", "-qm", "one")
    grow(place, AFTER)
    place.run("update", "nb.ipynb", "lonely")
    for other in ("old.ipynb", "HEAD:nb.ipynb", "HEAD:./nb.ipynb", None):
        done = place.run("diff", "nb.ipynb", *([other] if other else []))
        assert done.returncode == 0, done.stderr
        assert "  ~ lonely 1.0 -> 1.1: " in done.stdout
    document = json.loads(place.run("diff", "nb.ipynb", "HEAD:nb.ipynb", "--json").stdout)
    assert changes(document)["changed", "lonely"][:2] == ("1.0", "1.1")
    back = json.loads(place.run("diff", "old.ipynb", "nb.ipynb", "--json").stdout)
    assert changes(back)["changed", "lonely"][:2] == ("1.1", "1.0")


@pytest.mark.parametrize("other, code, says", [
    ("nothing.ipynb", 3, "nothing.ipynb"),
    ("HEAD:nothing.ipynb", 3, "git has no"),
    ("--output=x:y", 2, "unknown option"),
])
def test_diff_with_nothing_says_so(place, other, code, says):
    place.lock()
    git(place, "init", "-q")
    done = place.run("diff", "nb.ipynb", other)
    assert done.returncode == code and says in done.stderr


def test_git_is_never_given_an_option(place):
    place.lock()
    git(place, "init", "-q")
    done = place.run("diff", "nb.ipynb", "--", "--textconv:x")
    assert done.returncode == 2 and "neither a notebook nor" in done.stderr


def test_why_uses_the_environment_of_the_lock(place):
    grow(place, AFTER)
    place.lock("--python-version", "3.10", "--platform", "windows")
    done = place.run("why", "nb.ipynb", "click")
    assert done.returncode == 0 and done.stderr == ""
    assert "the way to it: cell 1 -> flask -> click\n" in done.stdout
    assert "  flask 3.0: click>=8.1\n" in done.stdout
    assert "  9.0: needs Python >=3.99\n" in done.stdout
    document = json.loads(place.run("why", "nb.ipynb", "click", "--json").stdout)
    assert document["chains"] == ["cell 1 -> flask -> click"] and "stale" not in document
    source = json.loads(place.path.read_text())
    source["cells"] += json.loads(notebook("!pip install 'click>8'"))["cells"]
    place.write(json.dumps(source))
    stale = place.run("why", "nb.ipynb", "click")
    assert stale.returncode == 0 and "the lock was made from other" in stale.stderr
    assert "the ways to it:\n  cell 2 -> click\n  cell 1 -> flask -> click\n" in stale.stdout


def test_why_merges_versions_of_one_reason_and_lists_all_packages(place):
    grow(place, [f"a {v}" for v in range(1, 40)] + ["b 1 requires a<4", "a 40rc1"])
    place.write(notebook("!pip install a b"))
    place.lock()
    done = place.run("why", "nb.ipynb", "a")
    assert "  4 to 40rc1 (37 versions): b 1 requires a<4\n" in done.stdout
    both = place.run("why", "nb.ipynb").stdout
    assert "a        3        " in both and "b        1        cell 1 asks for it; newest release" in both
