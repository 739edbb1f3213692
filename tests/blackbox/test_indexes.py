"""Which index serves which package, and what a notebook may not choose: pins, consent, confusion."""

import hashlib
import io
import json
import os
import pty
import shutil
import subprocess
import tarfile
import zipfile

import pytest
from bad_index import Server, sdist_of, wheel_of
from test_lock import THOTH, Place, notebook, write_index


class Two(Place):
    """A notebook, a main index, and a second index that plants higher versions of the same names."""

    def __init__(self, folder):
        super().__init__(folder)
        other = folder / "other"
        other.mkdir()
        write_index(["click 99.0", "flask 99.0 requires click>=8", "torch 2.4.0+cu121 requires click",
                     "torch 2.4.0+cpu requires click"], other)
        self.other = other.as_uri()
        self.home = folder / "home"
        self.home.mkdir()

    def environment(self, **more):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("THOTH_", "PIP_", "UV_", "XDG_"))}
        return {**clean, "HOME": str(self.home), "NETRC": "", **more}

    def thoth_run(self, *words, env=None, **options):
        return subprocess.run([THOTH, *words], capture_output=True, text=True, timeout=100, cwd=self.folder,
                              env=self.environment(THOTH_CACHE_DIR=str(self.cache), **(env or {})), **options)

    def locked(self):
        return {line.split("==")[0]: line.split("==")[1].split(" ")[0] for line in self.thoth()["lock"]["packages"]}


@pytest.fixture
def place(tmp_path):
    return Two(tmp_path)


def about(**requirements):
    return {"language_info": {"name": "python", "version": "3.11.5"},
            "thoth": {"version": 1, "requirements": requirements}}


def test_a_higher_version_planted_on_a_second_index_is_not_taken(place):
    place.write(notebook("!pip install flask click"))
    done = place.lock("--extra-index-url", place.other)
    assert done.returncode == 0, done.stderr
    assert place.locked() == {"flask": "3.0", "click": "8.1", "werkzeug": "3.0"}
    assert "index-of" not in place.thoth()["lock"]


def test_a_package_that_only_the_second_index_has_says_so_in_the_lock(place):
    place.write(notebook("!pip install torch==2.4.0"))
    assert place.lock("--extra-index-url", place.other).returncode == 0
    assert place.locked() == {"torch": "2.4.0+cu121", "click": "8.1"}
    assert place.thoth()["lock"]["index-of"] == {"torch": place.other}


def test_a_pinned_package_comes_from_its_index_alone_and_the_others_do_not(place):
    place.write(notebook("!pip install flask"))
    assert place.run("add", "nb.ipynb", "torch==2.4.0", "--index", f"gpu={place.other}").returncode == 0
    assert place.thoth()["requirements"] == {"packages": ["torch==2.4.0"], "index-of": {"torch": "gpu"}}
    done = place.lock("--index", f"gpu={place.other}")
    assert done.returncode == 0, done.stderr
    assert place.locked() == {"torch": "2.4.0+cu121", "click": "8.1", "flask": "3.0", "werkzeug": "3.0"}
    assert place.thoth()["lock"]["index-of"] == {"torch": "gpu"}
    pylock = place.run("show", "nb.ipynb", "--format", "pylock", "--index", f"gpu={place.other}").stdout
    assert f'index = "{place.other}"' in pylock and 'index = "gpu"' not in pylock


@pytest.mark.parametrize("spec, version", [("==2.4.0", "2.4.0+cu121"), ("==2.4.0+cpu", "2.4.0+cpu"),
                                           ("", "2.4.0+cu121"), ("<=2.4.0", "2.4.0+cu121")])
def test_local_versions_are_ordered_and_matched(place, spec, version):
    place.write(notebook(f"!pip install 'torch{spec}'"))
    assert place.lock("--extra-index-url", place.other).returncode == 0
    assert place.locked()["torch"] == version
    lines = place.run("show", "nb.ipynb", "--format", "requirements").stdout
    assert f"torch=={version} --hash=sha256:" in lines
    assert lines.count(f"--extra-index-url {place.other}\n") == 1 and "--index-url" not in lines.split()


def test_a_pinned_package_never_falls_through(place):
    """werkzeug is on the main index only: pinned to the other, it is on none."""
    place.write(notebook("1", metadata=about(packages=["werkzeug"], **{"index-of": {"werkzeug": "gpu"}})))
    done = place.lock("--index", f"gpu={place.other}")
    assert done.returncode == 4 and "werkzeug" in done.stderr


def test_an_index_for_pinned_packages_serves_no_others(place):
    place.write(notebook("!pip install torch"))
    done = place.lock("--index", f"gpu={place.other}")
    assert done.returncode == 4 and "torch" in done.stderr
    done = place.lock("--index", f"gpu={place.other}", "--extra-index-url", place.other)
    assert done.returncode == 0, done.stderr
    assert place.thoth()["lock"]["index-of"] == {"torch": "gpu"}


def test_an_index_that_only_the_notebook_names_is_not_asked(place):
    server = Server()
    place.write(notebook("!pip install flask", metadata=about(
        packages=["torch"], indexes={"gpu": server.url}, **{"index-of": {"torch": "gpu"}})))
    for trust in ([], ["--notebook-trust", "never"], ["--notebook-trust", "wheels-only"]):
        done = place.lock(*trust)
        assert done.returncode == 0, done.stderr
        assert "'torch' is left out" in done.stderr and "--index gpu=" in done.stderr
        assert "torch" not in place.locked() and server.log == []
    server.stop()


def test_what_needs_a_package_of_a_forbidden_index_does_not_get_it_elsewhere(place):
    place.write(notebook("!pip install flask", metadata=about(
        packages=[], indexes={"gpu": "https://127.0.0.1:1/"}, **{"index-of": {"click": "gpu"}})))
    done = place.lock()
    assert done.returncode == 4 and "'click' is left out" in done.stderr


def test_an_address_that_the_user_configured_needs_no_consent(place):
    place.write(notebook("1", metadata=about(
        packages=["torch"], indexes={"gpu": place.other + "/"}, **{"index-of": {"torch": "gpu"}})))
    assert place.lock("--index", f"mine={place.other}").returncode == 0
    assert place.thoth()["lock"]["index-of"] == {"torch": "mine"}
    # a name that the user gave to an index means that index, whatever the notebook says
    text = place.path.read_text().replace(place.other + "/", "https://127.0.0.1:1/evil")
    place.write(text)
    done = place.lock("--index", f"gpu={place.other}")
    assert done.returncode == 0, done.stderr


def test_a_person_is_asked_once_and_the_answer_is_remembered(place):
    server = Server()
    place.write(notebook("1", metadata=about(
        packages=["missing-1"], indexes={"gpu": server.url}, **{"index-of": {"missing-1": "gpu"}})))

    def ask(answer):
        master, slave = pty.openpty()
        child = subprocess.Popen(place.command("lock", "nb.ipynb"), stdin=slave, stdout=subprocess.PIPE, stderr=slave,
                                 cwd=place.folder, env=place.environment())
        os.close(slave)
        os.write(master, answer)
        seen = b""
        while True:
            try:
                seen += os.read(master, 4096)
            except OSError:
                break
            if not seen or child.poll() is not None:
                break
        child.wait(20)
        os.close(master)
        return seen.decode(errors="replace")

    assert "Allow it? [y/N]" in ask(b"n\n") and server.log == []
    assert "Allow it? [y/N]" in ask(b"y\n") and server.log != []
    assert "Allow it?" not in ask(b"n\n")
    assert (place.home / ".local/share/thoth/consent").read_text().startswith("index http://127.0.0.1")
    server.stop()


def test_add_and_remove_of_a_pinned_package_give_the_file_back(place):
    place.write(notebook("1"))
    before = place.path.read_bytes()
    url = "https://user:secret@index.example/cu121"
    for name in ("torch", "torchvision"):
        assert place.run("add", "nb.ipynb", name, "--index", f"gpu={url}").returncode == 0
    assert "secret" not in place.path.read_text()
    assert place.thoth()["requirements"]["indexes"] == {"gpu": "https://index.example/cu121"}
    assert place.run("remove", "nb.ipynb", "torch").returncode == 0
    assert place.thoth()["requirements"]["indexes"] == {"gpu": "https://index.example/cu121"}
    assert place.run("remove", "nb.ipynb", "torchvision").returncode == 0
    assert place.path.read_bytes() == before


@pytest.mark.parametrize("words, says", [
    (["--index", "gpu"], "name no index 'gpu'"),
    (["--index", "=https://index.example"], "NAME=URL"),
    (["--index", "gpu=ftp://index.example"], "not the address"),
    (["--index", "a=https://one.example", "--index", "a=https://two.example"], "two indexes are called 'a'"),
])
def test_names_of_indexes_are_checked(place, words, says):
    place.write(notebook("1"))
    done = place.run("add", "nb.ipynb", "torch", *words)
    assert done.returncode == 2 and says in done.stderr


def test_uv_variables_mean_what_they_mean_in_uv(place):
    """UV_INDEX and UV_EXTRA_INDEX_URL come before the default index."""
    for variable in ("UV_INDEX", "UV_EXTRA_INDEX_URL"):
        place.write(notebook("!pip install click"))
        value = f"first={place.other}" if variable == "UV_INDEX" else place.other
        done = place.thoth_run("lock", "nb.ipynb", "--json", env={variable: value, "UV_DEFAULT_INDEX": place.index})
        assert done.returncode == 0, done.stderr
        assert [p["version"] for p in json.loads(done.stdout)["packages"]] == ["99.0"]


# ---- find-links and folders ---------------------------------------------------------------------


def put_wheels(folder, *wheels):
    """Wheels that require click>=8, as (name, version)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, version in wheels:
        (folder / f"{name}-{version}-py3-none-any.whl").write_bytes(wheel_of(name, version))
    return folder


def hash_in(line):
    return line.split("--hash=sha256:")[1].split(" ")[0]


def test_a_folder_of_wheels_is_enough(place):
    wheels = put_wheels(place.folder.parent / "wheels", ("local", "1.0"), ("local", "2.0"), ("other", "9.0"))
    (wheels / "click-8.5.tar.gz").write_bytes(sdist_of("click", "8.5"))
    (wheels / "README").write_text("not a wheel")
    put_wheels(wheels, ("click", "8.4"))
    place.write(notebook("!pip install local"))
    done = place.thoth_run("lock", "nb.ipynb", "--no-index", "--find-links", str(wheels))
    # click requires click>=8 here, which is itself
    assert done.returncode == 0, done.stderr
    assert place.locked()["local"] == "2.0" and "click" in place.locked()
    line = next(line for line in place.thoth()["lock"]["packages"] if line.startswith("local"))
    assert hash_in(line) == hashlib.sha256((wheels / "local-2.0-py3-none-any.whl").read_bytes()).hexdigest()


def test_find_links_stand_beside_the_index_that_serves_a_project(place):
    wheels = put_wheels(place.folder.parent / "wheels", ("click", "8.9"), ("werkzeug", "1.0"))
    place.write(notebook("!pip install flask"))
    done = place.lock("--find-links", str(wheels))
    assert done.returncode == 0, done.stderr
    assert place.locked() == {"flask": "3.0", "click": "8.9", "werkzeug": "3.0"}
    assert place.thoth()["lock"]["index-of"] == {"click": wheels.as_uri()}


def test_a_pinned_package_has_nothing_of_find_links(place):
    wheels = put_wheels(place.folder.parent / "wheels", ("torch", "9.0"))
    place.write(notebook("1", metadata=about(packages=["torch"], **{"index-of": {"torch": "gpu"}})))
    done = place.lock("--find-links", str(wheels), "--index", f"gpu={place.other}")
    assert done.returncode == 0, done.stderr
    assert place.locked()["torch"] == "2.4.0+cu121"


def test_a_requirements_file_of_the_user_may_say_where_from(place):
    put_wheels(place.folder / "wheels", ("local", "2.0"), ("click", "8.4"))
    (place.folder / "r.txt").write_text("--no-index\n-f wheels\nlocal\n")
    done = place.thoth_run("lock", "r.txt", "--json")
    assert done.returncode == 0, done.stderr
    assert {p["name"]: p["version"] for p in json.loads(done.stdout)["packages"]} == {"local": "2.0", "click": "8.4"}
    (place.folder / "r.txt").write_text(f"--index-url {place.other}\ntorch\n")
    done = place.thoth_run("lock", "r.txt", "--json", env={"PIP_INDEX_URL": place.index})
    assert {p["version"] for p in json.loads(done.stdout)["packages"]} == {"2.4.0+cu121", "99.0"}


def test_a_requirements_file_beside_the_notebook_may_not(place):
    server = Server()
    put_wheels(place.folder / "wheels", ("local", "2.0"))
    (place.folder / "r.txt").write_text(
        f"--index-url {server.url}\n--extra-index-url {server.url}\n-f {server.url}\n--trusted-host x\n-f wheels\n--no-binary flask\nflask\n")
    place.write(notebook("!pip install -r r.txt", f"!pip install -f {server.url} click"))
    done = place.lock()
    assert done.returncode == 0 and done.stderr.count("not heeded") == 6 and "--find-links" in done.stderr
    assert server.log == [] and place.locked() == {"flask": "3.0", "click": "8.1", "werkzeug": "3.0"}
    server.stop()


@pytest.mark.parametrize("way", ["variable", "pip.conf", "uv variable"])
def test_settings_of_pip_and_uv_name_find_links(place, way):
    wheels = put_wheels(place.folder.parent / "wheels", ("local", "2.0"), ("click", "8.4"))
    env = {"PIP_FIND_LINKS": str(wheels), "PIP_NO_INDEX": "1"}
    if way == "uv variable":
        env = {"UV_FIND_LINKS": str(wheels), "UV_NO_INDEX": "true"}
    if way == "pip.conf":
        env = {}
        (place.home / ".config/pip").mkdir(parents=True)
        (place.home / ".config/pip/pip.conf").write_text(f"[global]\nno-index = true\nfind-links =\n    {wheels}\n")
    place.write(notebook("!pip install local"))
    done = place.thoth_run("lock", "nb.ipynb", env=env)
    assert done.returncode == 0, done.stderr
    assert place.locked() == {"local": "2.0", "click": "8.4"}


def test_a_folder_in_the_simple_layout_needs_no_pages(place):
    index = place.folder.parent / "flat"
    put_wheels(index / "local", ("local", "1.0"))
    put_wheels(index / "click", ("click", "8.2"))
    place.write(notebook("!pip install local"))
    done = place.lock(index=index.as_uri())
    assert done.returncode == 0, done.stderr
    assert place.locked() == {"local": "1.0", "click": "8.2"}


@pytest.mark.parametrize("hashed", [True, False])
def test_a_web_page_of_links(place, hashed):
    """Without a hash on the page the wheel is downloaded and hashed."""
    server = Server()
    body = wheel_of("wheel-1", "1.0")
    server.links = f'<a href="files/wheel-1/wheel_1-1.0-py3-none-any.whl{"#sha256=" + hashlib.sha256(body).hexdigest() if hashed else ""}">w</a>'
    place.write(notebook("!pip install wheel-1"))
    done = place.lock("--find-links", server.url.replace("simple/", "links"))
    assert done.returncode == 0, done.stderr
    line = next(line for line in place.thoth()["lock"]["packages"] if line.startswith("wheel-1"))
    assert hash_in(line) == hashlib.sha256(body).hexdigest()
    server.stop()


@pytest.mark.parametrize("links, code, says", [
    ("no-such-folder", 2, "there is no 'no-such-folder'"),
    ("http://127.0.0.1:1/links", 5, "127.0.0.1:1"),
])
def test_find_links_that_are_not_there_are_said(place, links, code, says):
    place.write(notebook("!pip install flask"))
    done = place.lock("--find-links", links)
    assert done.returncode == code and says in done.stderr


def test_wheels_only_from_the_command_line(place):
    wheels = put_wheels(place.folder.parent / "wheels", ("local", "1.0"), ("click", "8.4"))
    (wheels / "local-2.0.tar.gz").write_bytes(sdist_of("local", "2.0"))
    place.write(notebook("!pip install local"))
    for words, version in [([], "2.0"), (["--only-binary", ":all:"], "1.0"), (["--no-binary", "local"], "2.0"),
                           (["--no-binary", ":all:", "--only-binary", "local,click"], "1.0")]:
        done = place.thoth_run("lock", "nb.ipynb", "--no-index", "-f", str(wheels), "--upgrade", *words)
        assert done.returncode == 0, done.stderr
        assert place.locked()["local"] == version


# ---- source distributions -----------------------------------------------------------------------

PYPROJECT = """[project]
name = "src"
version = "{version}"
dependencies = ["click>=8"]
{more}
"""


def archive_of(name, members):
    """An archive of the kind that its name says, with members {path: text}."""
    out = io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            for path, text in members.items():
                made.writestr(path, text)
        return out.getvalue()
    kind = {"gz": "gz", "tgz": "gz", "bz2": "bz2", "xz": "xz"}[name.rpartition(".")[2]]
    with tarfile.open(fileobj=out, mode=f"w:{kind}") as made:
        for path, text in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(text.encode())
            made.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


OLD_INFO = "Metadata-Version: 1.2\nName: src\nVersion: 1.0\n"


@pytest.mark.parametrize("ending", ["tar.gz", "tgz", "zip", "tar.bz2", "tar.xz"])
@pytest.mark.parametrize("info", [None, OLD_INFO])
def test_a_static_pyproject_needs_no_build(place, ending, info):
    folder = put_wheels(place.folder.parent / "sources", ("click", "8.4"))
    members = {"src-1.0/pyproject.toml": PYPROJECT.format(version="1.0", more=""), "src-1.0/setup.py": "exit(1)"}
    if info:
        members["src-1.0/PKG-INFO"] = info
    (folder / f"src-1.0.{ending}").write_bytes(archive_of(f"src-1.0.{ending}", members))
    place.write(notebook("!pip install src"))
    done = place.thoth_run("lock", "nb.ipynb", "--no-index", "-f", str(folder))
    assert done.returncode == 0, done.stderr
    assert place.locked() == {"src": "1.0", "click": "8.4"}


@pytest.mark.parametrize("more", ['dynamic = ["dependencies"]', 'dynamic = ["optional-dependencies"]'])
def test_what_a_build_decides_is_not_guessed(place, more):
    folder = put_wheels(place.folder.parent / "sources", ("click", "8.4"))
    text = PYPROJECT.format(version="1.0", more=more)
    (folder / "src-1.0.tar.gz").write_bytes(
        archive_of("src-1.0.tar.gz", {"src-1.0/pyproject.toml": text, "src-1.0/PKG-INFO": OLD_INFO}))
    place.write(notebook("!pip install src"))
    done = place.thoth_run("lock", "nb.ipynb", "--no-index", "-f", str(folder))
    assert done.returncode == 4 and "would need a build" in done.stderr


# ---- time travel --------------------------------------------------------------------------------


def test_files_without_a_time_are_no_candidates_and_are_said(place):
    place.write(notebook("!pip install flask"))
    done = place.lock("--as-of", "2026-01-01")
    assert done.returncode == 4
    assert "left out by --as-of: 2 files of flask, which carry no upload time" in done.stderr


def test_files_with_a_time_stand_beside_those_without(place):
    index = place.folder.parent / "dated"
    (index / "dated").mkdir(parents=True)
    files = [{"filename": f"dated-{v}-py3-none-any.whl", "url": f"dated-{v}-py3-none-any.whl",
              "hashes": {"sha256": "0" * 64}, "core-metadata": True, **time}
             for v, time in (("1.0", {"upload-time": "2020-01-01T00:00:00Z"}), ("2.0", {}),
                             ("3.0", {"upload-time": "2024-01-01T00:00:00Z"}))]
    (index / "dated/index.json").write_text(json.dumps({"meta": {"api-version": "1.1"}, "name": "dated", "files": files}))
    for v in ("1.0", "2.0", "3.0"):
        (index / f"dated/dated-{v}-py3-none-any.whl.metadata").write_text(f"Metadata-Version: 2.1\nName: dated\nVersion: {v}\n")
    place.write(notebook("!pip install dated"))
    done = place.lock("--as-of", "2022-01-01", index=index.as_uri())
    assert done.returncode == 0 and place.locked() == {"dated": "1.0"}
    assert "WARNING" in done.stderr and "1 file of dated, which carries no upload time" in done.stderr
    done = place.lock("--upgrade", index=index.as_uri())
    assert place.locked() == {"dated": "3.0"} and "upload time" not in done.stderr


# ---- uv.toml ------------------------------------------------------------------------------------


def test_the_users_uv_toml_names_indexes(place):
    (place.home / ".config/uv").mkdir(parents=True)
    settings = place.home / ".config/uv/uv.toml"
    settings.write_text(f"""
[[index]]
name = "main"
url = "{place.index}"
default = true
[[index]]
name = "gpu"
url = "{place.other}/"
explicit = true
""")
    place.write(notebook("!pip install flask"))
    assert place.thoth_run("add", "nb.ipynb", "torch", "--index", "gpu").returncode == 0
    done = place.thoth_run("lock", "nb.ipynb")
    assert done.returncode == 0, done.stderr
    assert place.locked() == {"flask": "3.0", "click": "8.1", "werkzeug": "3.0", "torch": "2.4.0+cu121"}
    settings.write_text(settings.read_text().replace("explicit = true", ""))  # now before the default, as in uv
    assert place.thoth_run("lock", "nb.ipynb", "--upgrade").returncode == 0
    assert place.locked()["flask"] == "99.0"


@pytest.mark.parametrize("text, says", [
    ("[[index]\n", "uv.toml"), ("index-url = 1\n", "string"), ("[[index]]\nname = 'x'\n", "url"),
    ("[pip]\nfind-links = 'x'\n", "find-links")])
def test_a_broken_uv_toml_is_said(place, text, says):
    (place.home / ".config/uv").mkdir(parents=True)
    (place.home / ".config/uv/uv.toml").write_text(text)
    place.write(notebook("!pip install flask"))
    done = place.thoth_run("lock", "nb.ipynb", env={"THOTH_INDEX_URL": place.index})
    assert done.returncode == 3 and says in done.stderr and "uv.toml" in done.stderr
    done = place.thoth_run("lock", "nb.ipynb", env={"THOTH_INDEX_URL": place.index, "UV_NO_CONFIG": "1"})
    assert done.returncode == 0, done.stderr


def test_a_uv_toml_beside_the_notebook_is_not_read(place):
    (place.folder / "uv.toml").write_text('index-url = "http://127.0.0.1:1/"\n')
    place.write(notebook("!pip install flask"))
    assert place.thoth_run("lock", "nb.ipynb", env={"PIP_INDEX_URL": place.index}).returncode == 0


# ---- direct addresses ---------------------------------------------------------------------------


def wheel_url(server, name="wheel-1", version="1.0"):
    return f"{server.url.replace('/simple/', '')}/files/{name}/{name.replace('-', '_')}-{version}-py3-none-any.whl"


@pytest.fixture
def bad():
    server = Server()
    yield server
    server.stop()


def lock_file(place, text, *words, name="r.txt", env=None):
    (place.folder / name).write_text(text)
    done = place.thoth_run("lock", name, "--json", *words, env={"THOTH_INDEX_URL": place.index, **(env or {})})
    answer = json.loads(done.stdout) if done.stdout else {}
    return done, {p["name"]: p for p in answer.get("packages", [])}


@pytest.mark.parametrize("hashed", ["", "fragment", "option", "two"])
@pytest.mark.parametrize("named", [True, False])
def test_a_wheel_by_address_needs_no_index(place, bad, hashed, named):
    sha256 = hashlib.sha256(wheel_of("wheel-1", "1.0")).hexdigest()
    text = ("wheel-1 @ " if named else "") + wheel_url(bad)
    text += {"": "", "fragment": f"#sha256={sha256}", "option": f" --hash=sha256:{sha256}",
             "two": f" --hash=sha256:{'0' * 64} --hash=sha256:{sha256}"}[hashed]
    done, packages = lock_file(place, text + "\n")
    assert done.returncode == 0, done.stderr
    assert packages["wheel-1"]["version"] == "1.0" and packages["wheel-1"]["url"] == wheel_url(bad)
    assert packages["wheel-1"]["hashes"] == ["sha256:" + sha256] and packages["click"]["version"] == "8.1"
    assert bad.asked("/simple/wheel-1/") == []
    whole = [headers for path, headers in bad.log if path.endswith(".whl") and "Range" not in headers]
    assert len(whole) == (1 if hashed in ("", "two") else 0)
    done = place.thoth_run("lock", "r.txt", "--format", "requirements", env={"THOTH_INDEX_URL": place.index})
    assert f"wheel-1 @ {wheel_url(bad)} --hash=sha256:{sha256}\n" in done.stdout


def test_a_wheel_with_another_hash_is_refused(place, bad):
    done, _ = lock_file(place, f"{wheel_url(bad)} --hash=sha256:{'0' * 64} --hash=sha256:{'1' * 64}\n")
    assert done.returncode == 3 and "none of those" in done.stderr and "line 1" in done.stderr


@pytest.mark.parametrize("text, code, says", [
    ("other @ {wheel}", 3, "it is 'wheel-1', not 'other'"),
    ("x @ {base}/files/missing/x-1.0.tar.gz", 5, "HTTP 404"),
    ("x @ {base}/files/x.exe", 3, "no wheel and no source distribution"),
    ("./no/such/folder", 3, "nothing that can be locked"),
    ("git+ext::sh%20-c%20touch%20x@1", 3, "git can be given"),
    ("git+https://127.0.0.1:1/x.git@--upload-pack=x", 3, "git can be given"),
    ("hg+https://index.example/x#egg=x", 3, "nothing that can be locked"),
    ("{wheel}\nwheel-1 @ {wheel}?x=1", 3, "asked for from"),
])
def test_an_address_that_cannot_be_had_is_named(place, bad, text, code, says):
    base = bad.url.replace("/simple/", "")
    done, _ = lock_file(place, text.format(wheel=wheel_url(bad), base=base) + "\n")
    assert done.returncode == code, done.stderr
    assert says in done.stderr and "r.txt" in done.stderr


def test_files_of_this_machine(place):
    put_wheels(place.folder / "wheels", ("local", "2.0"))
    members = {"src-1.0/pyproject.toml": PYPROJECT.format(version="1.0", more=""), "src-1.0/setup.py": "exit(1)"}
    (place.folder / "src-main.zip").write_bytes(archive_of("src-main.zip", members))
    tree = place.folder / "tree"
    tree.mkdir()
    (tree / "pyproject.toml").write_text(
        '[project]\nname = "Tree"\nversion = "3"\ndependencies = ["src"]\n[project.optional-dependencies]\nx = ["flask"]\n')
    done, packages = lock_file(place, "./wheels/local-2.0-py3-none-any.whl\n./src-main.zip\n-e ./tree[x]\n")
    assert done.returncode == 0, done.stderr
    assert {name: p["version"] for name, p in packages.items()} == {
        "local": "2.0", "src": "1.0", "tree": "3", "click": "8.1", "flask": "3.0", "werkzeug": "3.0"}
    assert packages["tree"]["url"] == tree.as_uri() and packages["tree"]["hashes"] == []
    assert packages["src"]["hashes"] == ["sha256:" + hashlib.sha256((place.folder / "src-main.zip").read_bytes()).hexdigest()]
    assert "editable" in done.stderr


def make_repository(folder, dependencies='["click>=8"]', dynamic=""):
    """A repository with a tag v1 and a later commit on main."""
    folder.mkdir()

    def git(*words):
        subprocess.run(["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.example", *words],
                       check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    for version in ("1.0", "2.0"):
        for sub in (folder, folder / "sub"):
            sub.mkdir(exist_ok=True)
            (sub / "pyproject.toml").write_text(
                f'[project]\nname = "{"repo" if sub == folder else "subrepo"}"\nversion = "{version}"\n'
                f"dependencies = {dependencies}\n{dynamic}\n")
        git("add", "-A")
        git("commit", "-q", "-m", version)
        git("tag", f"v{version[0]}")
    return subprocess.run(["git", "-C", str(folder), "rev-parse", "v1"], capture_output=True, text=True,
                          check=True).stdout.strip()


def test_a_repository_is_locked_by_its_commit(place):
    commit = make_repository(place.folder.parent / "repo")
    url = (place.folder.parent / "repo").as_uri()
    for reference, version in (("@v1", "1.0"), (f"@{commit}", "1.0"), ("@main", "2.0"), ("", "2.0")):
        done, packages = lock_file(place, f"repo @ git+{url}{reference}\n")
        assert done.returncode == 0, done.stderr
        assert packages["repo"]["version"] == version
        if version == "1.0":
            assert packages["repo"]["url"] == f"git+{url}@{commit}"
    done, packages = lock_file(place, f"git+{url}@v1#egg=subrepo&subdirectory=sub\n")
    assert packages["subrepo"]["url"] == f"git+{url}@{commit}#subdirectory=sub", done.stderr
    done = place.thoth_run("lock", "r.txt", "--format", "pylock", env={"THOTH_INDEX_URL": place.index})
    assert f'vcs = {{type = "git", url = "{url}", commit-id = "{commit}", subdirectory = "sub"}}' in done.stdout
    done, _ = lock_file(place, f"repo @ git+{url}@nothing\n")
    assert done.returncode == 5 and "git cannot fetch 'nothing'" in done.stderr
    done, _ = lock_file(place, f"repo @ git+{url}@v1#subdirectory=../other\n")
    assert done.returncode == 3 and "it has no folder" in done.stderr
    assert list((place.cache / "trees").iterdir()) == []


def test_what_only_a_build_knows_needs_permission(place):
    tree = place.folder / "tree"
    tree.mkdir()
    (tree / "setup.py").write_text(f"open({str(place.folder / 'ran')!r}, 'w')\n"
                                   "from setuptools import setup\nsetup(name='tree', version='1', install_requires=['click'])\n")
    done, _ = lock_file(place, "tree @ " + tree.as_uri() + "\n")
    assert done.returncode == 3 and "--allow-build tree" in done.stderr and not (place.folder / "ran").exists()


BACKEND = """
import os, pathlib
pathlib.Path({ran!r}).write_text("ran")
def get_requires_for_build_wheel(config_settings=None): return []
def _info(folder):
    info = pathlib.Path(folder) / "tree-7.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\\nName: tree\\nVersion: 7\\nRequires-Dist: click\\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    return info.name
prepare_metadata_for_build_wheel = lambda folder, config_settings=None: _info(folder)
"""


def needs_pip():
    if subprocess.run([shutil.which("python3") or "python3", "-I", "-m", "pip", "--version"], capture_output=True,
                      check=False).returncode:
        pytest.skip("no pip beside python3")


def buildable(ran):
    """A build backend inside the tree, so that nothing is fetched for it; it leaves the file `ran`."""
    return {"tree-7/pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
                                     '[project]\nname = "tree"\ndynamic = ["version", "dependencies"]\n',
            "tree-7/PKG-INFO": "Metadata-Version: 1.2\nName: tree\nVersion: 7\n",
            "tree-7/backend.py": BACKEND.format(ran=str(ran))}


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_an_allowed_build_says_what_it_requires(place, form):
    needs_pip()
    ran = place.folder / "ran"
    members = buildable(ran)
    for path, text in members.items():
        (place.folder / path).parent.mkdir(exist_ok=True)
        (place.folder / path).write_text(text)
    (place.folder / "tree.tar.gz").write_bytes(archive_of("tree.tar.gz", members))
    wanted = "tree @ " + ((place.folder / "tree-7") if form == "folder" else (place.folder / "tree.tar.gz")).as_uri()
    done, _ = lock_file(place, wanted + "\n", "--allow-build", "other")
    assert done.returncode == 3 and "--allow-build tree" in done.stderr and not ran.exists()
    done, packages = lock_file(place, wanted + "\n", "--allow-build", "other,Tree")
    assert done.returncode == 0, done.stderr
    assert packages["tree"]["version"] == "7" and packages["click"]["version"] == "8.1" and ran.exists()
    assert list((place.cache / "trees").iterdir()) == []


def serve_sdist(server, body, sha256):
    """A page with one source distribution, tree 7."""
    fragment = f"#sha256={sha256}" if sha256 else ""
    page = f'<!DOCTYPE html><a href="/files/tree/tree-7.tar.gz{fragment}">tree-7.tar.gz</a>'
    server.special["/simple/tree/"] = lambda handler: handler.reply(200, page.encode(), {"Content-Type": "text/html"})
    server.special["/files/tree/tree-7.tar.gz"] = lambda handler: handler.reply(200, body)


def test_an_index_package_that_must_be_built_is_named_and_built_when_allowed(place, bad):
    needs_pip()
    ran = place.folder / "ran"
    body = archive_of("tree-7.tar.gz", buildable(ran))
    serve_sdist(bad, body, hashlib.sha256(body).hexdigest())
    index = ["--index-url", place.index, "--extra-index-url", bad.url]
    for allowed in ([], ["--allow-build", "other"]):
        done, _ = lock_file(place, "tree\n", *index, *allowed)
        assert done.returncode == 4 and "--allow-build tree" in done.stderr and not ran.exists()
    done, packages = lock_file(place, "tree\n", *index, "--allow-build", "Tree")
    assert done.returncode == 0, done.stderr
    assert packages["tree"]["version"] == "7" and packages["click"]["version"] == "8.1" and ran.exists()
    assert hashlib.sha256(body).hexdigest() in json.dumps(packages["tree"])
    assert list((place.cache / "trees").iterdir()) == []
    ran.unlink()
    done, packages = lock_file(place, "tree\n", *index, "--allow-build", "tree", "--offline")
    assert done.returncode == 0 and set(packages) == {"tree", "click"} and not ran.exists()
    done, _ = lock_file(place, "tree\n", *index)
    assert done.returncode == 4 and not ran.exists(), "what a build said counts only while builds are allowed"


def test_two_files_of_one_name_are_one_or_none(place, bad):
    def page(*hashes):
        links = "".join(f'<a href="/files/twice/twice-{version}-py3-none-any.whl#sha256={digit * 64}">twice</a>'
                        for version, digit in hashes)
        bad.special["/simple/twice/"] = lambda handler: handler.reply(
            200, f"<!DOCTYPE html>{links}".encode(), {"Content-Type": "text/html"})

    index = ["--index-url", place.index, "--extra-index-url", bad.url]
    page(("1.0", "a"), ("2.0", "b"), ("1.0", "a"), ("2.0", "c"))
    for words in ([], ["--offline"]):
        done, packages = lock_file(place, "twice\n", *index, *words)
        assert done.returncode == 0 and packages["twice"]["version"] == "1.0", done.stderr
        assert "'twice-2.0-py3-none-any.whl'" in done.stderr and "127.0.0.1" in done.stderr
        assert "twice-1.0-py3" not in done.stderr and json.dumps(packages["twice"]).count("a" * 64) == 1
    page(("2.0", "b"), ("2.0", "c"))
    done, _ = lock_file(place, "twice\n", *index, "--refresh")
    assert done.returncode == 4 and "'twice-2.0-py3-none-any.whl'" in done.stderr
    page(("2.0", "b"), ("2.0", "b"))
    done, packages = lock_file(place, "twice\n", *index, "--refresh")
    assert done.returncode == 0 and packages["twice"]["version"] == "2.0" and "hashes" not in done.stderr


@pytest.mark.parametrize("sha256, says", [("0" * 64, "its hash is not the one that the index gives"),
                                          ("", "there is no hash to check")])
def test_no_code_is_run_of_a_file_that_cannot_be_checked(place, bad, sha256, says):
    ran = place.folder / "ran"
    serve_sdist(bad, archive_of("tree-7.tar.gz", buildable(ran)), sha256)
    done, _ = lock_file(place, "tree\n", "--index-url", place.index, "--extra-index-url", bad.url, "--allow-build", "tree")
    assert done.returncode == 4 and says in done.stderr and not ran.exists()


def test_a_notebooks_addresses_need_a_yes(place, bad):
    put_wheels(place.folder / "wheels", ("local", "2.0"))
    (place.folder / "r.txt").write_text(f"{wheel_url(bad)}\n./wheels/local-2.0-py3-none-any.whl\n")
    place.write(notebook(f"!pip install {wheel_url(bad)} git+{bad.url}r.git", "!pip install -r r.txt", "%pip install -e .",
                         metadata=about(packages=[f"x @ {wheel_url(bad)}", "flask"])))
    for trust in ([], ["--notebook-trust", "wheels-only"]):
        done = place.lock(*trust)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("is left out") == 6 and wheel_url(bad) in done.stderr
    assert bad.log == [] and set(place.locked()) == {"flask", "click", "werkzeug"}


def test_what_the_user_adds_needs_no_second_yes(place, bad):
    place.write(notebook("1"))
    requirement = f"wheel-1 @ {wheel_url(bad)}"
    assert place.thoth_run("add", "nb.ipynb", requirement).returncode == 0
    done = place.thoth_run("lock", "nb.ipynb", env={"THOTH_INDEX_URL": place.index})
    assert done.returncode == 0, done.stderr
    lock = place.thoth()["lock"]
    assert lock["versions"] == {"wheel-1": "1.0"}
    assert lock["packages"][1].startswith(f"wheel-1 @ {wheel_url(bad)} --hash=sha256:")
    assert "wheel-1  1.0" in place.thoth_run("show", "nb.ipynb").stdout
    again = place.path.read_bytes()
    assert place.thoth_run("lock", "nb.ipynb", env={"THOTH_INDEX_URL": place.index}).returncode == 0
    assert place.path.read_bytes() == again
    done = place.thoth_run("lock", "nb.ipynb", "--notebook-trust", "never", env={"THOTH_INDEX_URL": place.index})
    assert "is left out" in done.stderr


@pytest.mark.parametrize("asked", ["evil>=2", "evil[x]"])
def test_an_address_inside_an_index_package_is_refused(place, asked):
    index = place.folder.parent / "direct"
    index.mkdir()
    url = "https://index.example/c-1-py3-none-any.whl"
    write_index([f"evil 2.0 requires click @ {url}", f"evil 1.0 requires click @ {url} @@ extra == 'x' ; extra x", "click 1"], index)
    place.write(notebook(f"!pip install '{asked}'"))
    done = place.lock(index=index.as_uri())
    assert done.returncode == 4 and "from a fixed address" in done.stderr, done.stderr


# ---- thoth indexes ------------------------------------------------------------------------------


def test_indexes_tells_order_role_and_what_is_locked(place, bad):
    wheels = put_wheels(place.folder.parent / "wheels", ("local", "1.0"), ("click", "8.9"))
    words = ["--index-url", bad.url.replace("http://", "http://me:secret@"), "--extra-index-url", place.index,
             "--index", f"gpu={place.other}", "-f", str(wheels)]
    place.write(notebook("!pip install flask", metadata=about(packages=["torch"], **{"index-of": {"torch": "gpu"}})))
    lock = ["lock", "nb.ipynb", "--index-url", place.index, "--index", f"gpu={place.other}", "-f", str(wheels)]
    assert place.thoth_run(*lock).returncode == 0
    done = place.thoth_run("indexes", "nb.ipynb", "--json", *words)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["indexes"]
    assert [(r["role"], r["tls"], r["reachable"], r["packages"]) for r in rows] == [
        ("main", "none", True, 2), ("extra", "local", True, 0), ("pinned", "local", True, 1), ("find-links", "local", True, 1)]
    assert "secret" not in done.stdout + done.stderr and rows[0]["metadata"] == "announced" and rows[2]["name"] == "gpu"
    text = place.thoth_run("indexes", *words).stdout
    assert "secret" not in text and "1  http://127.0.0.1" in text and "gpu: file://" in text


def test_indexes_says_what_does_not_answer(place):
    done = place.thoth_run("indexes", "--index-url", "https://127.0.0.1:1/simple")
    assert done.returncode == 5 and "does not answer" in done.stdout and "TLS checked" in done.stdout
    done = place.thoth_run("indexes", "--index-url", "https://127.0.0.1:1/simple", "--offline", "--trusted-host", "127.0.0.1")
    assert done.returncode == 0 and "not asked, TLS not checked" in done.stdout
