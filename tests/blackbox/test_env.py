"""`thoth env`: this machine, and machines described by a few files."""

import json
import os
import subprocess
import sys

THOTH = os.environ.get("THOTH", os.path.join(sys.prefix, "bin", "thoth"))

DEBIAN = {
    "etc/os-release": "PRETTY_NAME='Debian GNU/Linux 12'\nID=debian\nVERSION_ID=12\n",
    "proc/cpuinfo": "processor: 0\nvendor_id: AuthenticAMD\ncpu family: 25\nmodel: 1\nflags: lm sse2\n",
    "var/lib/dpkg/status": "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n",
}
CARD = {
    "sys/bus/pci/devices/0000:01:00.0/class": "0x030200\n",
    "sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de\n",
    "sys/bus/pci/devices/0000:01:00.0/device": "0x27b8\n",
}
CUDA = {
    "proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat\n",
    "proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: NVIDIA L4\nGPU UUID: GPU-12345\n",
    "usr/local/cuda/version.json": '{"cuda": {"version": "12.2.2"}}',
}


def describe(folder, *parts):
    for part in parts:
        for path, text in part.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    return folder


def run(*words, **environment):
    return subprocess.run([THOTH, "env", *map(str, words)], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **environment})


def env(*words, **environment):
    done = run("--json", *words, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_tells_this_machine_without_naming_it(tmp_path):
    found = env("--cache-dir", tmp_path)
    assert found["schema"] == "thoth.env/1" and found["id"].startswith("sha256:")
    assert found["machine"] == os.uname().machine and found["kernel"] == os.uname().release
    assert not {"hostname", "host", "user", "serial", "uuid"} & set(found)
    assert os.uname().nodename not in [value for value in found.values() if isinstance(value, str)]


def test_tells_a_machine_without_a_card(tmp_path):
    found = env("--machine", describe(tmp_path, DEBIAN))
    assert found["operating_system"] == {"name": "debian", "version": "12", "title": "Debian GNU/Linux 12"}
    assert found["cpu"]["family"] == 25 and found["cpu"]["level"] == "x86-64"
    assert found["libc"] == {"name": "glibc", "version": "2.36"}
    assert found["gpus"] == [] and "cuda" not in found and "kernel" not in found


def test_tells_a_card_without_cuda(tmp_path):
    found = env("--machine", describe(tmp_path, DEBIAN, CARD))
    assert found["gpus"] == [{"vendor": "nvidia", "name": "nvidia 10de:27b8"}]
    assert "cuda" not in found and "gpu_driver" not in found


def test_tells_a_card_with_cuda(tmp_path):
    found = env("--machine", describe(tmp_path, DEBIAN, CARD, CUDA))
    assert found["gpus"] == [{"vendor": "nvidia", "name": "NVIDIA L4"}]
    assert found["gpu_driver"] == {"version": "535.104.05"}
    assert found["cuda"] == {"version": "12.2.2", "from": "/usr/local/cuda/version.json"}
    assert "GPU-12345" not in json.dumps(found)


def test_one_machine_has_one_id(tmp_path):
    one = describe(tmp_path / "one", DEBIAN)
    other = describe(tmp_path / "other", DEBIAN, CARD)
    assert env("--machine", one)["id"] == env("--machine", one)["id"] != env("--machine", other)["id"]
    (one / "proc/meminfo").write_text("MemTotal: 12345 kB\n")
    (one / "var/lib/dpkg/status").open("a").write("\nPackage: vim\nVersion: 9\n")
    assert env("--machine", one)["id"] == env("--machine", describe(tmp_path / "again", DEBIAN))["id"]


def test_shows_text_from_files_escaped(tmp_path):
    describe(tmp_path, {"etc/os-release": "ID=x\nPRETTY_NAME=\"red\x1b[31m\"\n"})
    done = run("--machine", tmp_path)
    assert done.returncode == 0 and "\x1b" not in done.stdout and "\\x1b[31m" in done.stdout


def test_names_a_folder_that_is_none(tmp_path):
    done = run("--machine", tmp_path / "nothing")
    assert done.returncode == 6 and "nothing" in done.stderr
