"""Files of other tools in, files of other tools out; the tools themselves read what comes out."""

import hashlib
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "golden" / "formats"
sys.path.insert(0, str(ROOT / "golden"))
from run_resolver import write_index  # noqa: E402

THOTH = os.environ.get("THOTH") or str(pathlib.Path(sys.prefix) / "bin" / "thoth")
INDEX = [
    "click 8.5.1",
    "click 8.0",
    "colorama 0.4.6",
    "markupsafe 3.0.4",
    "iniconfig 2.3.1",
    "packaging 23.2",
    "packaging 24.0",
    "flask 3.0 requires click>=8, markupsafe",
    "early 2.0rc1",
    "early 1.0",
]


class Place:
    def __init__(self, folder):
        self.folder = folder / "work"
        self.folder.mkdir()
        index = folder / "index"
        index.mkdir()
        write_index(INDEX, index)
        self.index = index.as_uri()
        self.cache = folder / "cache"

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return self

    def run(self, *words, code=0, index=None):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("THOTH_", "PIP_", "UV_", "PIPENV_"))}
        environment.update(THOTH_CACHE_DIR=str(self.cache), THOTH_INDEX_URL=index or self.index)
        done = subprocess.run([THOTH, *words], capture_output=True, text=True, timeout=100, cwd=self.folder,
                              env=environment)
        assert done.returncode == code, done.stderr
        return done

    def locked(self, name, *words):
        """name -> version of `thoth lock NAME --json --dry-run`."""
        done = self.run("lock", name, "--json", "--dry-run", "--python-version", "3.11", "--platform", "linux", *words)
        return {p["name"]: p["version"] for p in json.loads(done.stdout)["packages"]}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def tool(name):
    """A tool of the environment or of PATH, or a skip that says which one is missing."""
    found = pathlib.Path(sys.prefix) / "bin" / name
    path = str(found) if found.exists() else shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


PLAIN = {"click": "8.5.1"}
# file of tests/golden/formats, options, what is locked
INPUTS = [
    ("Pipfile", [], {"click": "8.5.1", "markupsafe": "3.0.4"}),
    ("Pipfile", ["--dev", "--group", "docs"],
     {"click": "8.5.1", "markupsafe": "3.0.4", "iniconfig": "2.3.1", "packaging": "23.2"}),
    ("pyproject.toml", [], PLAIN),
    ("pyproject.toml", ["--extra", "text"], PLAIN | {"markupsafe": "3.0.4"}),
    ("pyproject.toml", ["--dev"], PLAIN | {"iniconfig": "2.3.1", "packaging": "23.2"}),
    ("uv.lock", [], PLAIN),
    ("uv.lock", ["--group", "lint", "--extra", "text"], PLAIN | {"packaging": "23.2", "markupsafe": "3.0.4"}),
    ("poetry.lock", [], PLAIN),
    ("poetry.lock", ["--dev"], PLAIN | {"iniconfig": "2.3.1"}),
    ("Pipfile.lock", [], {"click": "8.5.1", "markupsafe": "3.0.4"}),
    ("pylock.toml", [], PLAIN | {"iniconfig": "2.3.1", "markupsafe": "3.0.4", "packaging": "23.2"}),
    ("pylock.toml", ["--upgrade", "packaging"],
     PLAIN | {"iniconfig": "2.3.1", "markupsafe": "3.0.4", "packaging": "24.0"}),
]


@pytest.mark.parametrize("name, options, expected", INPUTS, ids=lambda value: str(value)[:30])
def test_each_file_is_locked(place, name, options, expected):
    shutil.copy(FIXTURES / name, place.folder)
    before = (place.folder / name).read_bytes()
    assert place.locked(name, *options) == expected
    assert (place.folder / name).read_bytes() == before
    assert os.listdir(place.folder) == [name]


def test_a_script_is_locked(place):
    place.write("a.py", '# /// script\n# requires-python = ">=3.9"\n# dependencies = ["flask"]\n# ///\nimport flask\n')
    assert place.locked("a.py") == {"flask": "3.0", "click": "8.5.1", "markupsafe": "3.0.4"}


def test_a_lock_beside_is_preferred(place):
    place.write("Pipfile", "[packages]\nclick = '*'\n")
    assert place.locked("Pipfile") == {"click": "8.5.1"}
    lock = {"_meta": {"pipfile-spec": 6}, "default": {"click": {"version": "==8.0"}}, "develop": {}}
    place.write("Pipfile.lock", json.dumps(lock))
    assert place.locked("Pipfile") == {"click": "8.0"}
    assert place.locked("Pipfile", "--upgrade") == {"click": "8.5.1"}
    place.write("req.in", "click\n").write("req.txt", "click==8.0\n")
    assert place.locked("req.in") == {"click": "8.0"}


def test_thoth_section_and_pre_of_a_file_are_heeded(place):
    place.write("Pipfile", "[packages]\nearly = '*'\n")
    assert place.locked("Pipfile") == {"early": "1.0"}
    place.write("Pipfile", "[packages]\nearly = '*'\n[thoth.allow_prereleases]\nearly = true\n")
    assert place.locked("Pipfile") == {"early": "2.0rc1"}
    place.write("Pipfile", "[packages]\nearly = '*'\n[pipenv]\nallow_prereleases = true\n")
    assert place.locked("Pipfile") == {"early": "2.0rc1"}


# name, text, options, exit code, what the message says
FAULTS = [
    ("Pipfile", "[packages]\nclick = 1\n", [], 3, ["Pipfile: line 2, column 9", "hint"]),
    ("Pipfile", "[packages\n", [], 3, ["Pipfile: line 1", "not TOML"]),
    ("Pipfile", "[packages]\n", ["--group", "x"], 2, ["no category 'x'"]),
    ("pyproject.toml", "[project]\ndependencies = ['a>>1']\n", [], 3, ["line 2, column 17", "a>>1", "hint"]),
    ("pyproject.toml", "[tool.poetry.dependencies]\na = '*'\n", [], 3, ["no [project]", "hint"]),
    ("a.py", "import os\n", [], 3, ["a.py", "declares nothing", "# /// script"]),
    ("a.py", "# /// script\n# dependencies = [1]\n# ///\n", [], 3, ["line 2, column 19"]),
    ("pylock.toml", "lock-version = '9.0'\npackages = []\n", [], 3, ["line 1", "nobody knows"]),
    ("Pipfile.lock", "{", [], 3, ["Pipfile.lock: line 1"]),
    ("uv.lock", "version = 1\n[[package]]\n", [], 3, ["uv.lock: line 2"]),
]


@pytest.mark.parametrize("name, text, options, code, says", FAULTS, ids=range(len(FAULTS)))
def test_a_fault_is_named(place, name, text, options, code, says):
    place.write(name, text)
    done = place.run("lock", name, *options, code=code)
    for word in says:
        assert word in done.stderr


def test_a_lock_that_does_not_hold_together_is_explained(place):
    lock = {"_meta": {}, "default": {"flask": {"version": "==3.0"}, "click": {"version": "==7.0"}}}
    place.write("Pipfile.lock", json.dumps(lock))
    done = place.run("lock", "Pipfile.lock", code=4)
    assert "click" in done.stderr


def test_other_files_than_the_lock_names_are_told(place):
    shutil.copy(FIXTURES / "Pipfile.lock", place.folder)
    done = place.run("lock", "Pipfile.lock", "--python-version", "3.11")
    assert "hashes differ" in done.stderr and "click 8.5.1" in done.stderr


# ---- outputs ----


class Folder(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture
def served(tmp_path):
    """An index of two real wheels over HTTP: what pip and uv can install from."""
    root = tmp_path / "www"
    for name, requires in (("upper-a", ["lower-b>=1"]), ("lower-b", [])):
        module = name.replace("-", "_")
        folder = root / "simple" / name
        folder.mkdir(parents=True)
        wheel = folder / f"{module}-1.0-py3-none-any.whl"
        info = f"{module}-1.0.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        metadata += "".join(f"Requires-Dist: {r}\n" for r in requires)
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"{module}.py", "")
            archive.writestr(f"{info}/METADATA", metadata)
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", f"{module}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        (folder / "index.html").write_text(f'<a href="{wheel.name}#sha256={digest}">{wheel.name}</a>')
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Folder(*a, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    server.server_close()


def call(place, *words):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("THOTH_", "PIP_", "UV_", "PIPENV_"))}
    environment.update(UV_CACHE_DIR=str(place.cache / "uv"), PIPENV_VERBOSITY="-1", PIPENV_IGNORE_VIRTUALENVS="1")
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, cwd=place.folder, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_uv_reads_pylock_and_requirements(place, served):
    uv = tool("uv")
    place.write("requirements.in", "upper-a\n")
    for name in ("pylock.toml", "requirements.txt"):
        place.run("lock", "requirements.in", "-o", name, index=served)
        said = call(place, uv, "pip", "install", "--dry-run", "--target", "t", "--index-url", served, "-r", name)
        assert "upper-a==1.0" in said and "lower-b==1.0" in said
    call(place, uv, "venv", "-q", "v")
    said = call(place, uv, "pip", "sync", "--dry-run", "--python", "v/bin/python", "pylock.toml")
    assert "upper-a==1.0" in said


def test_pip_reads_requirements_and_pylock(place, served):
    python = sys.executable
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode:
        pytest.skip("pip is not installed")
    place.write("requirements.in", "upper-a\n")
    place.run("lock", "requirements.in", "-o", "requirements.txt", index=served)
    said = call(place, python, "-m", "pip", "install", "--dry-run", "--target", "t", "--require-hashes",
                "--index-url", served, "-r", "requirements.txt")
    assert "upper-a-1.0" in said and "lower-b-1.0" in said
    version = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, text=True).stdout.split()[1]
    if tuple(int(part) for part in version.split(".")[:2]) >= (26, 1):
        place.run("lock", "requirements.in", "-o", "pylock.toml", index=served)
        said = call(place, python, "-m", "pip", "install", "--dry-run", "--target", "t", "-r", "pylock.toml")
        assert "upper-a-1.0" in said


def test_a_changed_hash_is_refused_by_uv(place, served):
    uv = tool("uv")
    place.write("requirements.in", "upper-a\n")
    place.run("lock", "requirements.in", "-o", "requirements.txt", index=served)
    path = place.folder / "requirements.txt"
    line = next(line for line in path.read_text().splitlines() if line.startswith("lower-b"))
    path.write_text(path.read_text().replace(line, line[:-4] + "0000"))
    with pytest.raises(AssertionError, match="(?i)hash"):
        call(place, uv, "pip", "install", "--target", "t", "--index-url", served, "-r", "requirements.txt")


def test_pipenv_takes_the_lock_as_its_own(place):
    pipenv = tool("pipenv")
    for name in ("Pipfile", "pyproject.toml"):
        shutil.copy(FIXTURES / name, place.folder)
        place.run("lock", name, "--format", "pipfile-lock", "-o", "Pipfile.lock", "--force", "--python-version", "3.11")
        if name != "Pipfile":
            place.run("lock", name, "-o", "Pipfile", "--force", "--python-version", "3.11", "--dev")
            place.run("lock", name, "-o", "Pipfile.lock", "--force", "--python-version", "3.11", "--dev")
        assert "up-to-date" in call(place, pipenv, "verify")


def test_the_lock_of_a_pipfile_has_the_hash_that_pipenv_wrote(place):
    shutil.copy(FIXTURES / "Pipfile", place.folder)
    ours = json.loads(place.run("lock", "Pipfile", "--format", "pipfile-lock", "--python-version", "3.11").stdout)
    theirs = json.loads((FIXTURES / "Pipfile.lock").read_text())
    assert ours["_meta"] == theirs["_meta"]
    for section in ("default", "develop", "docs"):
        assert {n: p["version"] for n, p in ours[section].items()} == {
            n: p["version"] for n, p in theirs[section].items()}


def test_a_stale_pipfile_lock_is_said(place):
    """Either hash of pipenv counts, the one of 2026 and the older one; what is made new needs no word."""
    for name in ("Pipfile", "Pipfile.lock"):
        shutil.copy(FIXTURES / name, place.folder)
    lock = ("lock", "Pipfile", "--python-version", "3.11")
    assert "stale" not in place.run(*lock).stderr
    pipfile = (FIXTURES / "Pipfile").read_text()
    place.write("Pipfile", pipfile.replace("[packages]", '[packages]\ncolorama = "*"'))
    assert "Pipfile.lock beside it is stale" in place.run(*lock).stderr
    assert "stale" not in place.run(*lock, "-o", "Pipfile.lock").stderr
    assert "stale" not in place.run(*lock).stderr
    place.write("Pipfile", "[packages]\ncolorama = '*'\n").run(*lock, "-o", "Pipfile.lock")
    assert "stale" not in place.run(*lock).stderr
    old = json.dumps({"_meta": {"sources": [], "requires": {}}, "default": {"Colorama_": "*"}, "develop": {}},
                     sort_keys=True, separators=(",", ":"))
    place.write("Pipfile", "source = []\n[packages]\nColorama_ = '*'\n")
    kept = {"_meta": {"hash": {"sha256": hashlib.sha256(old.encode()).hexdigest()}, "pipfile-spec": 6}, "default": {}}
    place.write("Pipfile.lock", json.dumps(kept))
    assert "stale" not in place.run(*lock, code=4).stderr


@pytest.mark.parametrize("name, says", [
    ("requirements.txt", "a line of it"), ("pyproject.toml", "dependencies of [project]"), ("Pipfile", "[packages]"),
    ("job.py", "# /// script"), ("uv.lock", "what it was made from")])
def test_what_is_no_notebook_is_not_edited_and_says_what_to_do(place, name, says):
    place.write(name, "click\n")
    for verb in ("add", "remove"):
        done = place.run(verb, name, "click>=8", code=2)
        assert f"'thoth {verb}' changes notebooks" in done.stderr and says in done.stderr
        assert (place.folder / name).read_text() == "click\n"


def test_a_lock_file_becomes_any_other(place):
    for name in ("uv.lock", "poetry.lock", "Pipfile.lock", "pylock.toml"):
        shutil.copy(FIXTURES / name, place.folder)
        lines = place.run("show", name, "--format", "requirements").stdout.splitlines()
        assert any(line.startswith("click==8.5.1") and line.count("--hash=sha256:") == 2 for line in lines)
    pylock = tomllib.loads(place.run("show", "uv.lock", "--format", "pylock").stdout)
    theirs = {p["name"]: p for p in tomllib.loads((FIXTURES / "pylock.toml").read_text())["packages"]}
    for package in pylock["packages"]:
        same = theirs[package["name"]]
        assert package["version"] == same["version"] and package.get("marker") == same.get("marker")
        assert {w["url"]: w["hashes"] for w in package["wheels"]} == {w["url"]: w["hashes"] for w in same["wheels"]}


def test_conda_environment_is_yaml_with_a_pip_section(place):
    yaml = pytest.importorskip("yaml")
    shutil.copy(FIXTURES / "pyproject.toml", place.folder)
    made = yaml.safe_load(place.run("lock", "pyproject.toml", "--format", "conda-env", "--python-version", "3.11").stdout)
    assert set(made) == {"name", "channels", "dependencies"}
    python, pip, packages = made["dependencies"]
    assert (python, pip) == ("python=3.11", "pip") and made["name"] == "work"
    assert [line.split()[0] for line in packages["pip"]] == ["click==8.5.1"]


def test_a_notebook_as_pipfile_and_lock(place):
    about = {"language_info": {"name": "python", "version": "3.11.5"}}
    cells = [{"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [],
              "source": "# /// script\n# dependencies = ['click<8.5']\n# ///\n"},
             {"cell_type": "code", "execution_count": None, "id": "b", "metadata": {}, "outputs": [],
              "source": "!pip install flask click"}]
    book = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    place.write("nb.ipynb", json.dumps(book, indent=1))
    place.run("add", "nb.ipynb", "iniconfig", "--dev")
    place.run("lock", "nb.ipynb")
    pipfile = tomllib.loads(place.run("show", "nb.ipynb", "--format", "pipfile").stdout)
    assert pipfile["packages"] == {"flask": "*", "click": "<8.5"}
    assert pipfile["dev-packages"] == {"iniconfig": "*"}
    lock = json.loads(place.run("show", "nb.ipynb", "--format", "pipfile-lock").stdout)
    assert {n: p["version"] for n, p in lock["default"].items()} == {
        "click": "==8.0", "flask": "==3.0", "markupsafe": "==3.0.4"}


def test_output_does_not_replace_what_is_somebody_elses(place):
    place.write("requirements.in", "click\n").write("notes.txt", "my notes\n")
    done = place.run("lock", "requirements.in", "-o", "notes.txt", code=3)
    assert "--force" in done.stderr and (place.folder / "notes.txt").read_text() == "my notes\n"
    place.run("lock", "requirements.in", "-o", "notes.txt", "--force")
    assert "click==8.5.1" in (place.folder / "notes.txt").read_text()
    before = (place.folder / "notes.txt").stat().st_mtime_ns
    assert "nothing to change" in place.run("lock", "requirements.in", "-o", "notes.txt", "--check").stdout
    place.run("lock", "requirements.in", "-o", "notes.txt")
    assert (place.folder / "notes.txt").stat().st_mtime_ns == before
    place.write("requirements.in", "click\niniconfig\n")
    place.run("lock", "requirements.in", "-o", "notes.txt", "--check", code=1)
    place.run("lock", "requirements.in", "-o", "x.unknown", code=2)
    assert sorted(os.listdir(place.folder)) == ["notes.txt", "requirements.in"]


# ---- notebooks ----


def book(metadata=None, *sources):
    cells = [{"cell_type": "code", "execution_count": None, "id": f"c{i}", "metadata": {}, "outputs": [], "source": s}
             for i, s in enumerate(sources)]
    about = {"language_info": {"name": "python", "version": "3.11.5"}, **(metadata or {})}
    return json.dumps({"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}, indent=1)


PIPFILE = {"packages": {"click": "<8.5", "flask": {"version": "*", "index": "main"}}, "dev-packages": {"iniconfig": "*"},
           "source": [{"name": "main", "url": "https://index.example/simple", "verify_ssl": True}],
           "requires": {"python_version": "3.11"}}
LOCK = {"_meta": {"pipfile-spec": 6}, "develop": {},
        "default": {"packaging": {"version": "==23.2"}, "click": {"version": "==8.0"}}}


@pytest.mark.parametrize("shape", [json.dumps, dict], ids=["string", "object"])
@pytest.mark.parametrize("key", ["requirements_lock", "requirements_locked"])
def test_older_metadata_is_read_and_kept(place, shape, key):
    metadata = {"requirements": shape(PIPFILE), key: shape(LOCK), "dependency_resolution_engine": "pipenv"}
    place.write("nb.ipynb", book(metadata))
    assert place.locked("nb.ipynb") == {"click": "8.0", "flask": "3.0", "markupsafe": "3.0.4"}
    assert place.locked("nb.ipynb", "--dev")["iniconfig"] == "2.3.1"
    shown = place.run("show", "nb.ipynb").stdout
    assert "packaging" in shown and "23.2" in shown
    place.run("lock", "nb.ipynb")
    kept = json.loads((place.folder / "nb.ipynb").read_text())["metadata"]
    assert {name: kept[name] for name in metadata} == metadata


def test_a_lock_of_uv_in_the_metadata_is_preferred(place):
    lock = (FIXTURES / "uv.lock").read_text().replace('version = "8.5.1"', 'version = "8.0"')
    place.write("nb.ipynb", book({"uv.lock": lock}, '# /// script\n# dependencies = ["click"]\n# ///'))
    assert place.locked("nb.ipynb") == {"click": "8.0"}


def test_extract_and_save_are_each_others_way_back(place):
    place.write("nb.ipynb", book({"thoth_config": '{"host": "x.example"}'}, "!pip install flask"))
    place.run("add", "nb.ipynb", "click<8.5")
    place.run("add", "nb.ipynb", "iniconfig", "--dev")
    place.run("lock", "nb.ipynb")
    place.run("extract", "nb.ipynb")
    names = ["Pipfile", "Pipfile.lock", "requirements.txt", ".thoth.yaml"]
    assert sorted(os.listdir(place.folder)) == sorted(["nb.ipynb", *names])
    assert json.loads((place.folder / ".thoth.yaml").read_text()) == {"host": "x.example"}
    assert "nothing to change" in place.run("extract", "nb.ipynb").stdout
    if shutil.which("pipenv"):
        assert "up-to-date" in call(place, shutil.which("pipenv"), "verify")
    place.write("other.ipynb", book())
    place.run("save", "other.ipynb")
    saved = json.loads((place.folder / "other.ipynb").read_text())["metadata"]["thoth"]
    assert saved["requirements"] == {"packages": ["click<8.5", "flask"], "dev": ["iniconfig"], "python": "==3.11.*"}
    before = json.loads((place.folder / "nb.ipynb").read_text())["metadata"]["thoth"]
    assert [line.split(" --hash")[0] for line in saved["lock"]["packages"]] == [
        line.split(" --hash")[0] for line in before["lock"]["packages"]]
    assert "nothing to change" in place.run("save", "other.ipynb").stdout


def test_extract_writes_all_files_or_none(place):
    place.write("nb.ipynb", book(None, "!pip install flask"))
    place.run("lock", "nb.ipynb")
    place.write("requirements.txt", "mine\n")
    done = place.run("extract", "nb.ipynb", code=3)
    assert "requirements.txt" in done.stderr and "--force" in done.stderr
    assert sorted(os.listdir(place.folder)) == ["nb.ipynb", "requirements.txt"]
    place.run("extract", "nb.ipynb", "--force")
    assert "flask==3.0" in (place.folder / "requirements.txt").read_text()
    place.run("extract", "nb.ipynb", "x.doc", code=2)


def test_extract_without_a_lock_gives_the_pipfile(place):
    place.write("nb.ipynb", book(None, "!pip install flask"))
    place.run("extract", "nb.ipynb")
    assert sorted(os.listdir(place.folder)) == ["Pipfile", "nb.ipynb"]
    place.run("extract", "nb.ipynb", "requirements.txt", code=1)


def test_save_does_not_replace_without_force(place):
    place.write("nb.ipynb", book({"requirements": PIPFILE}))
    place.run("save", "nb.ipynb")
    saved = json.loads((place.folder / "nb.ipynb").read_text())["metadata"]
    assert saved["thoth"]["requirements"]["packages"] == ["click<8.5", "flask"] and saved["requirements"] == PIPFILE
    place.write("Pipfile", "[packages]\nclick = '*'\n")
    before = (place.folder / "nb.ipynb").read_bytes()
    assert "--force" in place.run("save", "nb.ipynb", code=3).stderr
    assert (place.folder / "nb.ipynb").read_bytes() == before
    place.run("save", "nb.ipynb", "--force")
    saved = json.loads((place.folder / "nb.ipynb").read_text())["metadata"]["thoth"]
    assert saved["requirements"] == {"packages": ["click"]}
    place.write("bare.ipynb", book())
    os.remove(place.folder / "Pipfile")
    assert "nothing to save" in place.run("save", "bare.ipynb", code=3).stderr
    place.write("Pipfile", "[packages]\nclick = 1\n")
    assert "line 2, column 9" in place.run("save", "bare.ipynb", code=3).stderr
