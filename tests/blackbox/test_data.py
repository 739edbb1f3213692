"""`thoth data`: advisories taken in from files, folders and addresses, and what is damaged."""

import hashlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import threading

import pytest

THOTH = os.environ.get("THOTH", os.path.join(sys.prefix, "bin", "thoth"))
SHARED = pathlib.Path(os.environ.get("THOTH_SHARED", pathlib.Path(__file__).parents[3] / "shared")) / "data"

ADVISORY = """id: PYSEC-2024-1
modified: 2024-03-02T00:00:00Z
published: '2024-03-01T00:00:00Z'
aliases: [CVE-2024-1]
details: Something bad.
references:
- type: ADVISORY
  url: https://site.example/advisory
affected:
- package: {ecosystem: PyPI, name: Demo}
  ranges:
  - type: ECOSYSTEM
    events:
    - introduced: '0'
    - fixed: '2.0'
"""


def run(data_home, *words, **more):
    environment = {**os.environ, "XDG_DATA_HOME": str(data_home), **more}
    environment = {key: value for key, value in environment.items() if value is not None}
    return subprocess.run([THOTH, "data", *map(str, words)], capture_output=True, text=True, timeout=120, check=False,
                          env=environment)


def status(data_home):
    done = run(data_home, "status", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["advisories"]


def folder(tmp_path):
    (tmp_path / "from/vulns/demo").mkdir(parents=True)
    (tmp_path / "from/vulns/demo/PYSEC-2024-1.yaml").write_text(ADVISORY)
    (tmp_path / "from/NOTICE.txt").write_text("made for a test, revision abcdef0123\n")
    return tmp_path / "from"


def archive(tmp_path):
    path = tmp_path / "advisories.tar.gz"
    with tarfile.open(path, "w:gz") as made:
        made.add(folder(tmp_path), "data")
    return path


def test_says_that_nobody_looked(tmp_path):
    assert status(tmp_path) == {"status": "missing"}
    assert "nobody looked" in run(tmp_path, "status").stdout


@pytest.mark.parametrize("make", [folder, archive])
def test_takes_in_a_folder_and_an_archive(tmp_path, make):
    home = tmp_path / "home"
    done = run(home, "update", make(tmp_path))
    assert done.returncode == 0, done.stderr
    found = status(home)
    assert found["date"] == "2024-03-02" and found["advisories"] == 1 and found["packages"] == 1
    assert found["revision"] == "abcdef0123" and "made for a test" in found["licence"]


def test_leaves_out_what_it_cannot_understand_and_says_so(tmp_path):
    place = folder(tmp_path)
    (place / "bad.yaml").write_text("id: [1\n")
    (place / "odd.yaml").write_text("id: X-1\naffected: nothing\n")
    (place / "old.yaml").write_text(ADVISORY.replace("PYSEC-2024-1", "X-2").replace("'2.0'", "'2.0-final-really'"))
    done = run(tmp_path / "home", "update", place)
    assert done.returncode == 0, done.stderr
    assert all(f"{name}.yaml" in done.stderr for name in ("bad", "odd", "old"))
    assert status(tmp_path / "home")["left_out"] == 3


def test_a_failed_update_leaves_what_was_there(tmp_path):
    home = tmp_path / "home"
    assert run(home, "update", folder(tmp_path)).returncode == 0
    (tmp_path / "empty").mkdir()
    (tmp_path / "cut.tar.gz").write_bytes(b"\x1f\x8b\x08\x00 not really")
    for place in ("empty", "cut.tar.gz", "missing.zip"):
        assert run(home, "update", tmp_path / place).returncode == 3
    assert status(home)["advisories"] == 1
    assert os.listdir(home / "thoth/knowledge") == ["advisories.sqlite"]


def test_compares_the_hash(tmp_path):
    path = archive(tmp_path)
    good = hashlib.sha256(path.read_bytes()).hexdigest()
    assert run(tmp_path / "home", "update", path, "--sha256", "0" * 64).returncode == 3
    assert status(tmp_path / "home") == {"status": "missing"}
    assert run(tmp_path / "home", "update", path, "--sha256", good).returncode == 0
    assert status(tmp_path / "home")["sha256"] == good


def test_has_no_address_of_its_own(tmp_path):
    done = run(tmp_path, "update", THOTH_ADVISORIES=None)
    assert done.returncode == 2 and "THOTH_ADVISORIES" in done.stderr


def test_asks_an_address_with_its_etag(tmp_path):
    body = archive(tmp_path).read_bytes()
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers.get("If-None-Match"))
            self.send_response(304 if seen[-1] == '"one"' else 200)
            self.send_header("ETag", '"one"')
            self.send_header("Content-Length", "0" if seen[-1] == '"one"' else str(len(body)))
            self.end_headers()
            if seen[-1] != '"one"':
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/advisories.tar.gz"
    try:
        first = run(tmp_path / "home", "update", "--json", THOTH_ADVISORIES=address)
        second = run(tmp_path / "home", "update", "--json", THOTH_ADVISORIES=address)
        offline = run(tmp_path / "home", "update", address, "--offline")
    finally:
        server.shutdown()
    assert json.loads(first.stdout)["advisories"]["status"] == "updated", first.stderr
    assert json.loads(second.stdout)["advisories"]["status"] == "unchanged", second.stderr
    assert seen == [None, '"one"'] and offline.returncode == 2
    assert status(tmp_path / "home")["source"] == address


def test_refuses_what_is_damaged(tmp_path):
    file = tmp_path / "thoth/knowledge/advisories.sqlite"
    file.parent.mkdir(parents=True)
    file.write_text("this is no data base")
    done = run(tmp_path, "status")
    assert done.returncode == 3 and "advisories.sqlite" in done.stderr and "thoth data update" in done.stderr
    assert run(tmp_path, "update", folder(tmp_path)).returncode == 0
    assert status(tmp_path)["status"] == "present"


def test_takes_in_the_whole_advisory_database(tmp_path):
    path = SHARED / "advisories.tar.zst"
    if not path.exists():
        print(f"skipped: no {path}")
        assert os.environ.get("CI") != "true", f"no {path}"
        pytest.skip(f"no {path}")
    done = run(tmp_path, "update", path)
    assert done.returncode == 0, done.stderr
    found = status(tmp_path)
    assert found["date"] == "2024-10-10" and found["advisories"] + found["left_out"] == 2661
    assert found["left_out"] <= 3 and found["withdrawn"] >= 9
