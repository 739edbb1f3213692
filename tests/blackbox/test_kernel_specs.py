"""thoth kernel install, list, show, remove: kernels of any language behind the companion."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from conftest import PREFIX

PROGRAMS = pathlib.Path(__file__).parent / "programs"
THOTH = str(PREFIX / "bin" / "thoth")


def thoth(*words, status=0):
    done = subprocess.run([THOTH, "kernel", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


@pytest.fixture
def user(tmp_path, monkeypatch):
    """The user's folder of kernelspecs, and another one that holds "echo"."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "user"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "other"))
    folder = tmp_path / "other" / "kernels" / "echo"
    folder.mkdir(parents=True)
    argv = [sys.executable, "{resource_dir}/echo_kernel.py", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Echo é", "language": "echo", "env": {"ECHO": "ä"}, "metadata": {"kept": 1}}
    (folder / "kernel.json").write_text(json.dumps(spec))
    (folder / "logo-32x32.png").write_bytes(b"picture")
    (folder / "echo_kernel.py").write_text((PROGRAMS / "echo_kernel.py").read_text())
    return tmp_path / "user" / "kernels"


def test_wraps_a_kernel_of_another_language(user, start):
    assert str(user / "thoth-echo") in thoth("install", "--from", "echo")
    spec = json.loads((user / "thoth-echo" / "kernel.json").read_text())
    assert spec["display_name"] == "Echo é (thoth)" and spec["language"] == "echo"
    assert spec["env"] == {"ECHO": "ä"} and spec["metadata"]["kept"] == 1
    assert (user / "thoth-echo" / "logo-32x32.png").read_bytes() == b"picture"
    kernel = start(name="thoth-echo")
    assert kernel.text("hello") == "hello\n"
    reply, outputs = kernel.run("%thoth help")
    assert reply["status"] == "ok" and "%thoth lock" in outputs[-1]["content"]["data"]["text/plain"]


@pytest.mark.parametrize("name", ["python3", "xpython", "xpython-raw"])
def test_wraps_a_kernel_that_is_installed(user, start, name):
    if not (PREFIX / "share" / "jupyter" / "kernels" / name).exists():
        pytest.skip(f"{name} is not installed")
    thoth("install", "--from", name, "--name", "wrapped", "--display-name", "W")
    spec = json.loads((user / "wrapped" / "kernel.json").read_text())
    assert spec["display_name"] == "W"
    assert ("--python" in spec["argv"]) == (name == "python3")
    kernel = start(name="wrapped")
    assert kernel.text("import sys; print(sys.prefix)").strip() == str(PREFIX)
    reply, outputs = kernel.run("%thoth help")
    assert reply["status"] == "ok" and "%thoth lock" in outputs[-1]["content"]["data"]["text/plain"]


def test_makes_one_for_a_python(user):
    thoth("install", "--python", sys.executable, "--name", "mine")
    argv = json.loads((user / "mine" / "kernel.json").read_text())["argv"]
    assert argv == [str(PREFIX / "bin" / "thoth-kernel"), "-f", "{connection_file}", "--python", sys.executable]


def test_puts_it_where_it_is_told(user, tmp_path):
    thoth("install", "--from", "echo", "--prefix", str(tmp_path / "p"))
    assert (tmp_path / "p" / "share" / "jupyter" / "kernels" / "thoth-echo" / "kernel.json").exists()
    assert not user.exists()
    thoth("install", "--from", "echo", "--user", "--sys-prefix", status=2)


def test_lists_and_shows_what_starts_the_companion(user):
    thoth("install", "--from", "echo")
    kernels = {kernel["name"]: kernel for kernel in json.loads(thoth("list", "--json"))["kernels"]}
    assert "echo" not in kernels and "python3" not in kernels
    assert kernels["thoth-echo"]["ours"] and kernels["thoth-echo"]["from"] == "echo"
    assert kernels["thoth-python3"]["ours"] is False
    shown = thoth("show", "thoth-echo")
    assert "wraps        echo" in shown and str(user / "thoth-echo") in shown
    assert "no kernel 'nope'" in thoth("show", "nope", status=3)


def test_touches_only_what_it_made(user):
    others = user / "thoth-echo"
    others.mkdir(parents=True)
    (others / "kernel.json").write_text('{"argv": ["x"], "display_name": "theirs", "language": "x"}')
    assert "did not make" in thoth("install", "--from", "echo", status=3)
    assert "no kernel" in thoth("remove", "thoth-echo", status=3)
    assert "came with an installation" in thoth("remove", "thoth-python3", status=3)
    assert json.loads((others / "kernel.json").read_text())["display_name"] == "theirs"
    assert (PREFIX / "share" / "jupyter" / "kernels" / "thoth-python3" / "kernel.json").exists()


def test_removes_what_it_made(user):
    thoth("install", "--from", "echo")
    thoth("install", "--from", "echo", "--display-name", "again")
    assert json.loads((user / "thoth-echo" / "kernel.json").read_text())["display_name"] == "again"
    thoth("remove", "thoth-echo")
    assert not (user / "thoth-echo").exists() and (user.parent.parent / "other" / "kernels" / "echo").exists()


def test_follows_no_link_when_it_removes(user, tmp_path):
    thoth("install", "--from", "echo", "--name", "real")
    os.rename(user / "real", tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", user / "real")
    thoth("remove", "real", status=6)
    assert (tmp_path / "elsewhere" / "kernel.json").exists()


@pytest.mark.parametrize(
    "words, status, told",
    [
        (["install", "--from", "thoth-python3"], 3, "starts the companion already"),
        (["install", "--from", "nope"], 6, "no Jupyter kernel 'nope'"),
        (["install", "--from", "../x"], 3, "cannot be the name"),
        (["install", "--from", "echo", "--name", "a/b"], 3, "cannot be the name"),
        (["install", "--from"], 2, "expected a value after --from"),
        (["install", "--nonsense"], 2, "unknown option"),
        (["install", "word"], 2, "options only"),
        (["remove"], 2, "names of kernels"),
        (["nonsense"], 2, "expected install, list, show or remove"),
        ([], 2, "expected install, list, show or remove"),
    ],
)
def test_says_what_is_wrong(user, words, status, told):
    assert told in thoth(*words, status=status)
