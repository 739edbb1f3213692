"""`thoth verify`: an environment on disk against a lock; nothing in it is ever started."""
import base64
import hashlib
import json
import os
import subprocess

import pytest

from test_lock import THOTH, notebook

A64 = "a" * 64


class Environment:
    """A virtual environment as files, whose python would tell that it was started."""

    def __init__(self, folder, version="3.11.7"):
        self.folder = folder
        self.site = folder / f"lib/python{version.rsplit('.', 1)[0]}/site-packages"
        self.site.mkdir(parents=True)
        (folder / "bin").mkdir()
        self.python = folder / "bin/python"
        self.python.write_text(f"#!/bin/sh\ntouch {folder}/started\n")
        self.python.chmod(0o755)
        (folder / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion_info = {version}.final.0\n")

    def add(self, name, version, files=None, **more):
        info = self.site / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = []
        for path, text in (files or {}).items():
            (self.site / path).write_text(text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            path = f'"{path}"' if "," in path else path
            lines.append(f"{path},sha256={digest},{len(text)}\n")
        (info / "RECORD").write_text("".join(lines) + f"{info.name}/RECORD,,\n")
        for path, text in more.items():
            (info / f"{path}.json").write_text(text)


class Place:
    def __init__(self, folder):
        self.folder = folder
        self.environment = Environment(folder / "env")

    def lock(self, *lines):
        lock = {"inputs": "sha256:" + A64, "created": "2026-01-01T00:00:00Z", "packages": list(lines)}
        metadata = {"thoth": {"version": 1, "lock": lock}}
        (self.folder / "nb.ipynb").write_text(notebook("1", metadata=metadata))

    def verify(self, *words, env=None):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("THOTH_") and k != "VIRTUAL_ENV"}
        done = subprocess.run([THOTH, "verify", "nb.ipynb", *words], capture_output=True, text=True, timeout=60,
                              cwd=self.folder, env={**clean, "HOME": str(self.folder), **(env or {})})
        assert not (self.environment.folder / "started").exists()
        return done

    def states(self, *words):
        done = self.verify("--json", "--python", str(self.environment.python), *words)
        document = json.loads(done.stdout)
        assert document["schema"] == "thoth.verify/1"
        assert (document["status"] == "same") == (done.returncode == 0)
        return {row["name"]: row["state"] for row in document["packages"]}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_each_package_is_compared(place):
    place.environment.add("click", "8.1")
    place.environment.add("Flask", "3.0.1")
    place.environment.add("torch", "2.1.0+cpu")
    place.lock(f"click==8.1.0 --hash=sha256:{A64}", "flask==3.0.0", "torch==2.1.0", "numpy==2.0.0",
               "pywin32==306 ; sys_platform == 'win32'")
    assert place.states() == {"click": "same", "flask": "version", "torch": "same", "numpy": "missing"}
    text = place.verify("--python", str(place.environment.python))
    assert text.returncode == 1
    assert "flask 3.0.0: installed is 3.0.1\n" in text.stdout and "numpy 2.0.0: not installed\n" in text.stdout
    assert text.stdout.startswith("nb.ipynb: 2 of 4 locked packages as locked in ") and "Python 3.11.7" in text.stdout


def test_extra_packages_are_told_and_no_difference(place):
    place.environment.add("click", "8.1.0")
    place.environment.add("six", "1.16.0")
    place.lock("click==8.1.0")
    done = place.verify("--python", str(place.environment.python), "--verbose")
    assert done.returncode == 0 and "not locked: six 1.16.0" in done.stdout


def test_changed_files_are_found_when_asked_for(place):
    place.environment.add("a", "1", {"a.py": "1", "a,b.txt": "2"})
    place.environment.add("b", "1", {"b.py": "1"})
    place.lock("a==1", "b==1")
    assert place.states("--files") == {"a": "same", "b": "same"}
    (place.environment.site / "a,b.txt").write_text("3")
    (place.environment.site / "b.py").unlink()
    assert place.states() == {"a": "same", "b": "same"}
    assert place.states("--files") == {"a": "modified", "b": "modified"}
    done = place.verify("--files", "--python", str(place.environment.python))
    assert "    a,b.txt\n" in done.stdout and "    b.py\n" in done.stdout


@pytest.mark.parametrize("locked,origin,state", [
    ("a==1", None, "same"),
    ("a==1", {"url": "file:///home/me/a", "dir_info": {"editable": True}}, "address"),
    ("a @ https://index.example/a-1-py3-none-any.whl", {"url": "https://index.example/a-1-py3-none-any.whl", "archive_info": {}}, "same"),
    ("a @ https://index.example/a-1-py3-none-any.whl", None, "address"),
    ("a @ git+https://code.example/a.git@0123456789012345678901234567890123456789",
     {"url": "https://code.example/a.git", "vcs_info": {"vcs": "git", "commit_id": "0123456789012345678901234567890123456789"}}, "same"),
    ("a @ git+https://code.example/a.git@0123456789012345678901234567890123456789",
     {"url": "https://code.example/a.git", "vcs_info": {"vcs": "git", "commit_id": "1123456789012345678901234567890123456789"}}, "address"),
])
def test_where_it_came_from_counts(place, locked, origin, state):
    place.environment.add("a", "1", **({"direct_url": json.dumps(origin)} if origin else {}))
    place.lock(locked)
    assert place.states() == {"a": state}


def test_the_active_environment_is_looked_at(place):
    place.environment.add("a", "1")
    place.lock("a==1")
    assert place.verify(env={"VIRTUAL_ENV": str(place.environment.folder)}).returncode == 0


@pytest.mark.parametrize("python", ["nowhere/bin/python", "nb.ipynb", ""])
def test_no_environment_is_exit_6(place, python):
    place.lock("a==1")
    done = place.verify("--python", python) if python else place.verify()
    assert done.returncode == 6 and "hint:" in done.stderr and done.stdout == ""


def test_no_lock_is_exit_1(place):
    (place.folder / "nb.ipynb").write_text(notebook("1"))
    done = place.verify("--python", str(place.environment.python))
    assert done.returncode == 1 and "thoth lock" in done.stderr


def test_garbage_in_an_environment_is_a_difference_and_no_crash(place):
    place.environment.add("a", "1", direct_url="{[")
    (place.environment.site / "-.dist-info").mkdir()
    (place.environment.site / "b-1.dist-info").write_text("a file")
    (place.environment.site / "a-1.dist-info/RECORD").write_bytes(b"\xff,,,\n\"a,sha256=x,\n,,\n" + b"a" * 100000)
    place.lock("a==1", "c==1")
    assert place.states("--files")["c"] == "missing"
