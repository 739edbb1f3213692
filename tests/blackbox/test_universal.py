"""One lock for several environments: options, what is stored, what a re-lock keeps, what cannot be."""

import json
import shutil
import subprocess
import sys
import tomllib

import pytest
from test_lock import Place, notebook, write_index

INDEX = [
    "tool 2.0 requires helper>=2, winthing @@ sys_platform == 'win32'",
    "helper 2.5 ; python >=3.12",
    "helper 2.1",
    "helper 1.0",
    "winthing 1.0 ; tag py3-none-win_amd64",
    "patched 1.0 requires extra-old @@ python_full_version < '3.11.4'",
    "extra-old 1.0",
    "past 1.0 ; tag cp38-cp38-manylinux_2_17_x86_64",
    "big 3.0 ; tag cp311-cp311-manylinux_2_28_x86_64",
    "big 2.0 ; tag cp311-cp311-manylinux_2_17_x86_64",
    "linux-only 1.0 ; tag py3-none-manylinux_2_17_x86_64",
    "torn 2.0 requires helper<2 @@ sys_platform == 'darwin'",
    "many 1.0 ; tag py3-none-win_amd64",
    "many 1.0 ; tag py3-none-manylinux_2_17_x86_64",
]
BOOK = notebook("!pip install tool")
ALL = ["--universal", "--python-version", "3.11"]


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    shutil.rmtree(tmp_path / "index")
    (tmp_path / "index").mkdir()
    write_index(INDEX, tmp_path / "index")
    return place.write(BOOK)


def file_lock(place, text, *words):
    (place.folder / "r.txt").write_text(text)
    return place.run("lock", "r.txt", "--json", *words)


def packages(document):
    return {(p["name"], p["version"]): p.get("marker", "") for p in document["packages"]}


def test_one_entry_for_each_version_with_the_shortest_marker(place):
    document = json.loads(place.lock("--json", *ALL).stdout)
    assert packages(document) == {
        ("helper", "2.1"): "python_full_version < '3.12'",
        ("helper", "2.5"): "python_full_version >= '3.12'",
        ("tool", "2.0"): "",
        ("winthing", "1.0"): "sys_platform == 'win32'",
    }
    assert document["universal"] == ">=3.11"
    assert len(document["environments"]) == 20
    assert "cp314-macos_x86_64-14.0" in document["environments"]


def test_the_metadata_stays_small_and_a_relock_changes_nothing(place):
    place.lock(*ALL)
    before = place.path.read_bytes()
    thoth = place.thoth()
    assert thoth["environments"] == ["universal>=3.11"]
    assert thoth["lock"]["packages"][0].startswith(
        "helper==2.1; python_full_version < '3.12' --hash=sha256:")
    assert set(thoth["justification"]) == {"helper", "helper==2.1", "tool", "winthing"}
    assert place.lock().returncode == 0
    assert place.path.read_bytes() == before
    assert place.lock("--check").returncode == 0
    assert place.lock("--check", "--universal", "--python-version", "3.12").returncode == 1


def test_several_platforms_and_pythons_are_kept_by_a_relock(place):
    done = place.lock("--platform", "linux", "--platform", "windows", "--python-version", "3.11.0",
                      "--python-version", "3.12.0")
    assert done.returncode == 0, done.stderr
    keys = place.thoth()["environments"]
    assert [k.split("-")[0] for k in keys] == ["cp311", "cp311", "cp312", "cp312"]
    before = place.path.read_bytes()
    place.lock()
    assert place.path.read_bytes() == before
    alone = place.lock("--environment", keys[0])
    assert alone.returncode == 0, alone.stderr
    assert place.thoth()["environments"] == keys[:1]
    assert all(";" not in line for line in place.thoth()["lock"]["packages"])


def test_what_the_notebook_declares_is_the_lowest_python(place):
    place.write(notebook("!pip install tool", metadata={
        "thoth": {"version": 1, "requirements": {"python": ">=3.12.2,<3.14"}}}))
    document = json.loads(place.lock("--universal", "--json").stdout)
    assert {e.split("-")[0] for e in document["environments"]} == {"cp312", "cp313"}
    assert packages(document)["helper", "2.5"] == ""
    assert place.thoth()["environments"] == ["universal"]


def test_a_patch_release_that_a_marker_names_cuts_a_python_in_two(place):
    found = packages(json.loads(file_lock(place, "patched", *ALL).stdout))
    assert found == {("extra-old", "1.0"): "python_full_version < '3.11.4'", ("patched", "1.0"): ""}
    listed = packages(json.loads(file_lock(place, "patched", "--platform", "linux", "--platform",
                                           "windows", "--python-version", "3.11.0").stdout))
    assert listed == {("extra-old", "1.0"): "", ("patched", "1.0"): ""}


def test_what_has_no_file_for_a_platform_is_warned_of_once(place):
    done = file_lock(place, "linux-only", *ALL)
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert packages(document) == {("linux-only", "1.0"): ""}
    assert [m["message"] for m in document["messages"]] == [
        "linux-only 1.0 has no file for Python 3.11 to 3.14 on linux aarch64, macos arm64, macos x86_64 "
        "and windows amd64; it cannot be installed there"]


def test_what_is_for_no_python_of_the_lock_is_no_answer(place):
    done = file_lock(place, "past", *ALL)
    assert done.returncode == 4, done.stdout


def test_a_list_of_environments_wants_a_file_for_each(place):
    done = file_lock(place, "linux-only", "--platform", "linux", "--platform", "windows",
                     "--python-version", "3.12.0")
    assert done.returncode == 4
    assert "for Python 3.12 on windows amd64: " in done.stderr


def test_a_conflict_says_for_which_environments(place):
    done = file_lock(place, "torn\nhelper>=2", *ALL)
    conflict = json.loads(done.stdout)["conflict"]
    assert done.returncode == 4
    assert "for Python 3.11 to 3.14 on macos arm64 and macos x86_64: " in conflict["text"]
    assert sorted(conflict["requirements"]) == ["helper>=2", "torn"]
    assert "\nthis works: " in conflict["text"]
    assert "--python-version" not in conflict["text"]


def test_two_systems_that_no_marker_tells_apart_get_one_answer_or_an_error(place):
    old_and_new = ["--platform", "manylinux_2_28_x86_64", "--platform", "manylinux_2_17_x86_64",
                   "--python-version", "3.11.0"]
    found = packages(json.loads(file_lock(place, "big", *old_and_new).stdout))
    assert found == {("big", "2.0"): ""}
    done = file_lock(place, "big==3.0; platform_release != ''\nbig", *old_and_new)
    assert done.returncode == 0, done.stderr
    done = file_lock(place, "big>2", *old_and_new)
    assert done.returncode == 4
    assert "glibc" in done.stderr or "linux x86_64" in done.stderr


def test_hashes_are_those_of_use_unless_all_are_wanted(place):
    text = "many; sys_platform == 'win32'"
    few = json.loads(file_lock(place, text, *ALL).stdout)["packages"]
    every = json.loads(file_lock(place, text, *ALL, "--all-hashes").stdout)["packages"]
    assert (len(few[0]["hashes"]), len(every[0]["hashes"])) == (1, 2)


def test_pylock_has_markers_and_disjoint_environments(place):
    place.lock(*ALL)
    done = place.run("show", "nb.ipynb", "--format", "pylock")
    assert done.returncode == 0, done.stderr
    lock = tomllib.loads(done.stdout)
    assert lock["requires-python"] == ">=3.11"
    assert len(lock["environments"]) == 5
    assert lock["environments"][4] == (
        "python_full_version >= '3.11' and python_full_version < '3.15' and "
        "sys_platform == 'win32' and platform_machine == 'AMD64'")
    assert {(p["name"], p["version"]): p.get("marker", "") for p in lock["packages"]} == {
        ("helper", "2.1"): "python_full_version < '3.12'",
        ("helper", "2.5"): "python_full_version >= '3.12'",
        ("tool", "2.0"): "", ("winthing", "1.0"): "sys_platform == 'win32'"}


def test_pip_reads_the_requirements_export(place):
    place.lock(*ALL)
    done = place.run("show", "nb.ipynb", "--format", "requirements")
    path = place.folder / "locked.txt"
    path.write_text(done.stdout)
    pytest.importorskip("pip")
    code = ("from pip._internal.req import parse_requirements\n"
            "from pip._internal.network.session import PipSession\n"
            "from pip._internal.req.constructors import install_req_from_parsed_requirement as make\n"
            f"for r in parse_requirements({str(path)!r}, session=PipSession()):\n"
            "    r = make(r)\n"
            "    print(r.name, r.match_markers(), r.has_hash_options)\n")
    read = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert read.returncode == 0, read.stderr
    lines = read.stdout.splitlines()
    assert len(lines) == 4 and all(line.endswith("True") for line in lines)
    assert sum(line.startswith("helper True") for line in lines) == 1


def test_why_tells_where_each_version_counts(place):
    place.lock(*ALL)
    done = place.run("why", "nb.ipynb", "helper", "--json")
    entries = json.loads(done.stdout)["entries"]
    assert [(e["version"], e["marker"]) for e in entries] == [
        ("2.1", "python_full_version < '3.12'"), ("2.5", "python_full_version >= '3.12'")]
    text = place.run("why", "nb.ipynb", "helper").stdout
    assert "helper 2.1, where python_full_version < '3.12' (Python 3.11 on linux x86_64" in text
    assert "2.5: needs Python >=3.12" in text


def test_an_unknown_environment_is_named(place):
    done = place.lock("--environment", "cp311-plan9_mips")
    assert done.returncode == 2
    assert "--environment: expected the name of an environment instead of 'cp311-plan9_mips'" in done.stderr
