"""`thoth scan`, `discover` and `convert`, and what a lock makes of the code, as a user meets them."""

import json
import re
import subprocess
import sys

import pytest
from test_lock import Place, notebook


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


MKTEMP = ["# hello", "import tempfile\n\nname = tempfile.mktemp()"]


@pytest.mark.parametrize("first", ["!pip install flask", "1"])
def test_what_the_code_uses_reaches_the_lock(place, first):
    place.write(notebook(first, *MKTEMP))
    done = place.lock("--json")
    assert done.returncode == 0, done.stderr
    (message,) = json.loads(done.stdout)["messages"]
    assert (message["cell"], message["cell_id"], message["line"]) == (2, "c2", 3)
    assert message["type"] == "WARNING" and message["unit"] and "mkstemp" in message["message"]
    (kept,) = place.thoth()["messages"]
    assert (kept["cell_id"], kept["line"], kept["type"]) == ("c2", 3, "WARNING")
    assert place.lock("--check").returncode == 0  # it stays as it is
    place.write(place.path.read_text().replace("mktemp", "mkstemp"))
    assert place.lock().returncode == 0 and "messages" not in place.thoth()


def test_a_written_requirements_file_counts_once(place):
    place.write(notebook("%%writefile r.txt\nflask<3\n", "%pip install -r r.txt"))
    done = place.lock("--json")
    document = json.loads(done.stdout)
    said = [m.get("unit") for m in document["messages"]]
    assert said == ["thoth.FlaskBefore224WithWerkzeug3"] and done.returncode == 0, done.stderr
    assert {p["name"]: p["version"] for p in document["packages"]}["flask"] == "2.0"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A Python whose site-packages hold what a test puts there; it is the python3 on PATH."""
    prefix = tmp_path / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True)
    monkeypatch.setenv("PATH", f"{prefix / 'bin'}:/usr/bin:/bin")
    site = next((prefix / "lib").glob("python3*/site-packages"))

    def put(name, *files):
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))

    return put


def discover(place, *words):
    done = place.run("discover", "nb.ipynb", "--json", *words)
    return done.returncode, json.loads(done.stdout)


IMPORTS = ["import os, json\nimport numpy as np\nfrom google.cloud import storage, bigquery as bq\n",
           "def f():\n    import odd_thing, mine.part\nif TYPE_CHECKING:\n    import boto3\nimport google.colab"]


def test_discover_says_who_says_so(place, installed):
    installed("my-own", "mine/__init__.py")
    place.write(notebook("%pip install 'NumPy<2'", *IMPORTS))
    code, document = discover(place)
    assert code == 0 and document["schema"] == "thoth.discover/1" and document["ambiguous"] == []
    assert [(r["module"], r["distribution"], r["source"], r["cell"], r["line"]) for r in document["requirements"]] == [
        ("numpy", "numpy", "notebook", 1, 2),
        ("google.cloud.storage", "google-cloud-storage", "table", 1, 3),
        ("google.cloud.bigquery", "google-cloud-bigquery", "table", 1, 3),
        ("odd_thing", "odd-thing", "guess", 2, 2),
        ("mine.part", "my-own", "environment", 2, 2),
    ]


@pytest.mark.parametrize("known, source", [(None, None), ("cells", "notebook"), ("metadata", "notebook"),
                                           ("installed", "environment")])
def test_an_ambiguous_import_is_never_guessed(place, installed, known, source):
    place.write(notebook("import cv2", *(["!pip install opencv-python-headless"] if known == "cells" else [])))
    if known == "installed":
        installed("opencv_python_headless", "cv2/__init__.py")
    if known == "metadata":
        assert place.run("add", "nb.ipynb", "opencv-python-headless").returncode == 0
    before = place.path.read_bytes()
    code, document = discover(place)
    if known is None:
        (choice,) = document["ambiguous"]
        assert code == 1 and document["requirements"] == []
        assert choice["candidates"][0] == "opencv-python" and (choice["cell"], choice["line"]) == (0, 1)
    else:
        (found,) = document["requirements"]
        assert (code, found["distribution"], found["source"]) == (0, "opencv-python-headless", source)
    assert place.path.read_bytes() == before


@pytest.mark.parametrize("python, fallback", [("3.11.5", False), ("3.10.2", True)])
def test_one_of_try_and_except_is_enough(place, installed, python, fallback):
    place.write(notebook("try:\n    import tomllib\nexcept ImportError:\n    import requests as tomllib",
                         metadata={"language_info": {"name": "python", "version": python}}))
    _, document = discover(place)
    assert [r["distribution"] for r in document["requirements"]] == (["requests"] if fallback else [])


def test_discover_writes_only_what_is_sure(place, installed):
    place.write(notebook("!pip install flask", "import numpy, odd_thing, cv2, flask, yaml"))
    assert place.run("discover", "nb.ipynb", "--write").returncode == 1  # cv2
    assert place.thoth() == {"version": 1, "requirements": {"packages": ["numpy", "pyyaml"]}}


def test_metadata_wins_over_cells_and_cells_over_imports(place, installed):
    installed("clash_a", "werkzeug_of_a/__init__.py")
    installed("click", "click/__init__.py")
    installed("werkzeug", "werkzeug/__init__.py")
    place.write(notebook("!pip install flask click==8.1", "import flask, click\nimport werkzeug, odd_thing"))
    assert place.run("add", "nb.ipynb", "flask<3").returncode == 0
    done = place.lock("--discover", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert {p["name"]: (p["version"], p["direct"]) for p in document["packages"]} == {
        "click": ("8.1", True), "flask": ("2.0", True), "werkzeug": ("2.9", True)}  # a rule: not 3.0 with flask 2.0
    (message,) = [m for m in document["messages"] if "unit" not in m]
    assert "odd_thing" in message["message"] and (message["cell"], message["line"]) == (1, 2)
    reasons = place.thoth()["justification"]
    assert "metadata" in reasons["flask"] and reasons["click"].startswith("cell 1 asks")
    assert reasons["werkzeug"].startswith("cell 2, line 2 asks")
    document = json.loads(place.lock("--json", "--dry-run").stdout)
    assert {p["name"]: p["direct"] for p in document["packages"]}["werkzeug"] is False


INSTALLS = """# before
!pip install -q flask 'click>=8' \\
    werkzeug
!pip install newer --index-url https://index.example/simple
if x:
    %pip install clash-a
%pip install "flask<3"
print("é")"""


def test_convert_moves_plain_installs_and_nothing_else(place):
    text = notebook(INSTALLS.splitlines(keepends=True), "!apt-get install x")
    place.write(text)
    shown = place.run("convert", "nb.ipynb", "--dry-run")
    assert shown.returncode == 0 and place.path.read_text() == text
    assert "+ %thoth add flask 'click>=8' werkzeug\n" in shown.stdout
    assert "cell 1, line 4 stays: it has options of its own" in shown.stdout
    refused = place.run("convert", "nb.ipynb")
    assert refused.returncode == 1 and place.path.read_text() == text
    done = place.run("convert", "nb.ipynb", "--yes", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["changed"]
    after = json.loads(place.path.read_text())
    source = "".join(after["cells"][0]["source"])
    assert source == INSTALLS.replace("!pip install -q flask 'click>=8' \\\n    werkzeug",
                                      "%thoth add flask 'click>=8' werkzeug").replace(
                                          '%pip install "flask<3"', "%thoth add 'flask<3'")
    assert place.thoth()["requirements"]["packages"] == ["click>=8", "flask<3", "werkzeug"]
    gone = set(text.splitlines()) - set(place.path.read_text().splitlines())
    assert all("flask" in line or "werkzeug" in line or line.strip() == "}" for line in gone), gone
    assert json.loads(place.run("convert", "nb.ipynb", "--json").stdout)["cells"] == []


def test_convert_shows_control_characters_escaped(place):
    place.write(notebook("!pip install flask==\x1b[31m"))
    assert "\x1b" not in place.run("convert", "nb.ipynb").stdout


FAULTY = ["import os\n", "!pip install pkg>=1.2\n", "!pip install -r nowhere.txt"]


def test_sarif_has_what_the_standard_requires(place):
    place.path = place.folder / "a, b: 100%.ipynb"
    place.write(notebook("1", FAULTY))
    (place.folder / "x.py").write_text("import os\nx = = 1\n")
    done = place.run("scan", place.path.name, "x.py", "--format", "sarif")
    assert done.returncode == 0, done.stderr
    log = json.loads(done.stdout)
    assert log["version"] == "2.1.0" and log["$schema"].endswith(".json")
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["tool"]["driver"]["name"] == "thoth" and len(rules) == len(set(rules))
    found = {}
    for result in run["results"]:
        assert result["ruleId"] in rules and result["level"] in ("error", "warning", "note") and result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        found[result["ruleId"]] = (physical["artifactLocation"]["uri"], physical["region"]["startLine"],
                                   location.get("logicalLocations", [{}])[0].get("name"), result["properties"]["line"])
    lines = [None, *place.path.read_text().splitlines()]
    uri, line, cell, cell_line = found["unquoted-redirect"]
    assert (uri, cell, cell_line) == ("a%2C%20b%3A%20100%25.ipynb", "cell 2", 2) and "pkg>=1.2" in lines[line]
    assert "nowhere.txt" in lines[found["missing-file"][1]]
    assert found["syntax-error"] == ("x.py", 2, None, 2)


def test_github_annotations_are_escaped_and_point_into_the_file(place):
    place.path = place.folder / "a, b: 100%.ipynb"
    place.write(notebook("1", FAULTY))
    done = place.run("scan", place.path.name, "--format", "github")
    lines = [None, *place.path.read_text().splitlines()]
    wanted = re.compile(r"::(warning|error|notice) file=a%2C b%3A 100%25\.ipynb,line=(\d+),title=([a-z-]+)::(cell 2, line \d: .+)")
    found = {match[3]: lines[int(match[2])] for match in map(wanted.fullmatch, done.stdout.splitlines())}
    assert done.returncode == 0 and "pkg>=1.2" in found["unquoted-redirect"] and "nowhere.txt" in found["missing-file"]


@pytest.mark.parametrize("command, format, says", [
    ("lock", "sarif", "for 'thoth scan'"), ("scan", "pylock", "text, json, sarif or github")])
def test_a_format_of_another_command_is_refused(place, command, format, says):
    place.write(notebook("1"))
    done = place.run(command, "nb.ipynb", "--format", format)
    assert done.returncode == 2 and says in done.stderr


@pytest.mark.parametrize("first, second, clash", [
    ("flask>=3", "flask<3", True), ("flask==2.0", "flask==3.0", True), ("flask~=2.0", "flask>=3", True),
    ("flask>=2,<3", "flask==3.*", True), ("flask>2.0", "flask<2.0.1", False), ("flask>=2", "flask<=2", False),
    ("flask!=2.0", "flask==2.*", False), ("flask<1", "flask>0.5", False), ("flask<2", "flask", False)])
def test_requirements_that_exclude_each_other_are_named_with_both_cells(place, first, second, clash):
    place.write(notebook("1", f"!pip install '{first}'", f"import os\n!pip install '{second}'"))
    document = json.loads(place.run("scan", "nb.ipynb", "--json").stdout)
    found = [d for d in document["diagnostics"] if d["code"] == "overridden-requirement"]
    assert bool(found) == clash
    if clash:
        assert (found[0]["cell"], found[0]["line"]) == (2, 2)
        assert f"'{first}' in cell 2, line 1" in found[0]["message"] and f"'{second}'" in found[0]["message"]


def test_a_script_block_says_for_which_pythons(place):
    place.write(notebook("# /// script\n# requires-python = '>=3.13'\n# dependencies = ['click']\n# ///"))
    document = json.loads(place.lock("--json", "--python-version", "3.11").stdout)
    assert [p["name"] for p in document["packages"]] == ["click"]
    assert any(">=3.13" in m["message"] for m in document["messages"])


def test_index_options_in_a_requirements_file_are_not_heeded(place):
    place.write(notebook("!pip install -r more.txt"))
    (place.folder / "more.txt").write_text("--index-url https://evil.example/simple\nclick\n")
    document = json.loads(place.lock("--json").stdout)
    (message,) = document["messages"]
    assert "--index-url" in message["message"] and [p["name"] for p in document["packages"]] == ["click"]
