"""The package index client against an index that misbehaves, through tests/index_probe.

    INDEX_PROBE=build/tests/index_probe python3 -m pytest tests/blackbox/test_index.py
"""

import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

import pytest
from bad_index import Server

PROBE = os.environ.get("INDEX_PROBE", "build/tests/index_probe")
pytestmark = pytest.mark.skipif(not shutil.which(PROBE), reason="no index_probe")


@pytest.fixture
def server():
    server = Server()
    yield server
    server.stop()


class Answer:
    def __init__(self, run):
        self.text = run.stdout + run.stderr
        self.lines = [json.loads(line) for line in run.stdout.splitlines()]
        self.status = run.returncode
        self.stats = self.lines[-1]

    def first(self):
        return self.lines[0]

    def versions(self):
        return [release["version"] for release in self.first()["releases"]]

    def metadata(self):
        return [line for line in self.lines if line["kind"] == "metadata"]


def probe(url, *arguments, environment=None):
    clean = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    run = subprocess.run(
        [PROBE, "--index", url, *arguments], capture_output=True, text=True, timeout=60, env={**clean, **(environment or {})}
    )
    assert run.returncode in (0, 1), run.stderr
    return Answer(run)


def test_gives_releases_and_metadata(server):
    answer = probe(server.url, "--metadata", "3", "plain")
    assert answer.versions() == ["2.0", "1.1", "1.0"]
    assert [found["requires"] for found in answer.metadata()] == [["click>=8"]] * 3
    assert answer.stats["requests"] == 4
    headers = server.headers("/simple/plain/")[0]
    assert headers["User-Agent"].startswith("thoth/")
    assert headers["Accept"].startswith("application/vnd.pypi.simple.v1+json")


@pytest.mark.parametrize("name", ["fails-2", "cut-1", "closes-2", "busy-1", "zipped", "mislabelled"])
def test_gets_over_passing_faults(server, name):
    assert probe(server.url, name).versions() == ["2.0", "1.1", "1.0"]


@pytest.mark.parametrize(
    "name, words",
    [
        ("status-500", "cannot answer now (HTTP 500)"),
        ("status-401", "refuses access (HTTP 401)"),
        ("status-403", "refuses access (HTTP 403)"),
        ("status-418", "HTTP 418"),
        ("closes-99", "closed the connection"),
        ("cut-99", "closed the connection"),
        ("garbage", "another web page"),
        ("binary", "no text"),
        ("shape", "JSON of another shape"),
        ("loop", "redirects more than 10 times"),
        ("ftp", "redirects"),
        ("bomb", "larger than"),
        ("hangs", "sent nothing"),
    ],
)
def test_says_what_is_wrong_and_where(server, name, words):
    server.bomb()  # takes longer to make than the time limit
    answer = probe(server.url, "--retries", "1", "--timeout-ms", "500", name)
    error = answer.first()
    assert answer.status == 1 and error["error"] == "network"
    assert words in error["message"]
    assert f"127.0.0.1:{server.server_port}" in error["message"]
    assert error["hint"]


def test_tries_again_as_often_as_told_and_no_more(server):
    probe(server.url, "--retries", "2", "status-503")
    assert len(server.asked("/status-503/")) == 3
    probe(server.url, "--retries", "2", "status-404")
    assert len(server.asked("/status-404/")) == 1


def test_a_host_that_is_not_there_is_named():
    answer = probe("http://127.0.0.1:1/simple/", "--retries", "0", "x")
    assert "127.0.0.1:1" in answer.first()["message"] and answer.first()["error"] == "network"


def test_only_the_first_index_that_knows_a_project_serves_it(server):
    other = Server()
    answer = probe(server.url, "--index", other.url, "plain")
    assert answer.first()["source"].startswith(server.url.rstrip("/"))
    assert other.asked() == []
    answer = probe(server.url, "--index", other.url, "missing-1")
    assert answer.first().get("unknown") and len(other.asked()) == 1
    # an index that cannot answer is not passed over: another one could serve a stranger's project
    answer = probe(server.url, "--index", other.url, "--retries", "0", "status-500")
    assert answer.first()["error"] == "network" and len(other.asked()) == 1
    other.stop()


def test_redirects_are_followed(server):
    answer = probe(server.url, "moved")
    assert answer.status == 0 and len(server.asked("/simple/elsewhere/")) == 1


def test_credentials_are_sent_and_never_shown(server):
    url = server.url.replace("http://", "http://me:s3%40cret@")
    answer = probe(url, "--metadata", "1", "private")
    assert answer.versions() == ["2.0", "1.1", "1.0"]
    assert "s3" not in answer.text and "me:" not in answer.text
    answer = probe(url, "--retries", "0", "status-403")
    assert "s3" not in answer.text and "me:" not in answer.text
    assert server.headers("/files/private/private-2.0-py3-none-any.whl.metadata")[0]["Authorization"]


def test_credentials_do_not_follow_a_redirect_elsewhere(server):
    other = Server()
    server.other = other.server_port
    answer = probe(server.url.replace("http://", "http://me:secret@"), "away")
    assert "Authorization" in server.headers("/simple/away/")[0]
    assert "Authorization" not in other.headers("/simple/away/")[0]
    assert answer.status in (0, 1)
    other.stop()


@pytest.fixture
def tls_server(tmp_path):
    """A server with a certificate that only those trust who are told to."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl")
    path = tmp_path / "server.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*command.split(), "-keyout", path, "-out", tmp_path / "c.pem"], check=True, capture_output=True)
    path.write_text(path.read_text() + (tmp_path / "c.pem").read_text())
    server = Server(path)
    server.certificate = str(tmp_path / "c.pem")
    yield server
    server.stop()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT"])
def test_certificates_are_checked(tls_server, variable):
    nothing = dict.fromkeys(["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT"], "")
    answer = probe(tls_server.url, "--retries", "0", "plain", environment=nothing)
    assert answer.first()["error"] == "network" and "SSL_CERT_FILE" in answer.first()["hint"]
    assert tls_server.asked() == []
    answer = probe(tls_server.url, "plain", environment={**nothing, variable: tls_server.certificate})
    assert answer.versions() == ["2.0", "1.1", "1.0"]


def test_https_never_becomes_http(server, tls_server):
    tls_server.other = server.server_port
    trust = {"SSL_CERT_FILE": tls_server.certificate}
    answer = probe(tls_server.url, "downgrade", environment=trust)
    assert "from https" in answer.first()["message"] and server.asked() == []


def test_a_wrong_metadata_hash_refuses_that_file_alone(server):
    answer = probe(server.url, "--metadata", "1", "wronghash", "plain")
    refused = [line for line in answer.metadata() if "error" in line]
    assert len(refused) == 1 and refused[0]["error"] == "input"
    assert "wronghash-2.0-py3-none-any.whl" in refused[0]["message"] and "hash" in refused[0]["message"]
    assert len([line for line in answer.metadata() if "requires" in line]) == 1


def test_a_huge_metadata_document_is_not_swallowed(server):
    answer = probe(server.url, "--metadata", "1", "hugemetadata")
    assert "larger than" in answer.metadata()[0]["message"]


def test_metadata_is_found_without_announcement(server):
    assert [found["requires"] for found in probe(server.url, "--metadata", "3", "silent").metadata()] == [["click>=8"]] * 3


@pytest.mark.parametrize("name, requests", [("wheel-1", 4), ("wheel-0", 3)])
def test_metadata_is_read_out_of_the_wheel(server, tmp_path, name, requests):
    """Page, no metadata document, then the wheel's tail and METADATA (or all of it without ranges)."""
    cache = ["--cache", str(tmp_path), "--metadata", "1"]
    answer = probe(server.url, *cache, name)
    assert answer.metadata()[0]["requires"] == ["click>=8"] and answer.stats["requests"] == requests
    answer = probe(server.url, *cache, name)
    assert answer.metadata()[0]["requires"] == ["click>=8"] and answer.stats["requests"] == 0


@pytest.mark.parametrize("name", ["sdist", "sdistencoded"])
def test_metadata_is_read_out_of_the_sdist_once(server, tmp_path, name):
    for requests in (2, 0):
        answer = probe(server.url, "--cache", str(tmp_path), "--metadata", "1", name)
        assert answer.metadata()[0]["requires"] == ["click>=8"]
        assert answer.stats["requests"] == requests


@pytest.mark.parametrize("name, says", [
    ("sdistgone", "does not have it"), ("sdistchanged", "hash"), ("sdistlarge", "too large")])
def test_an_sdist_that_is_of_no_use_is_said(server, tmp_path, name, says):
    answer = probe(server.url, "--cache", str(tmp_path), "--metadata", "1", name)
    errors = [line for line in answer.metadata() if "error" in line]
    assert len(errors) == 1 and says in errors[0]["message"]


def test_a_host_without_metadata_is_remembered(server, tmp_path):
    cache = ["--cache", str(tmp_path)]
    answer = probe(server.url, *cache, "--metadata", "10", "nometadata")
    assert all(found.get("none") for found in answer.metadata()) and len(answer.metadata()) == 10
    assert probe(server.url, *cache, "--metadata", "10", "nometadata").stats["requests"] == 0
    server.log.clear()
    answer = probe(server.url, *cache, "--metadata", "10", "wheels")
    assert server.asked(".metadata") == []
    assert [found["requires"] for found in answer.metadata()] == [["click>=8"]] * 10


def test_fresh_pages_are_not_asked_for_again(server, tmp_path):
    for expected in (4, 0):
        answer = probe(server.url, "--cache", str(tmp_path), "--metadata", "3", "tagged-600")
        assert answer.versions() == ["2.0", "1.1", "1.0"] and len(answer.metadata()) == 3
        assert answer.stats["requests"] == expected


def test_stale_pages_are_confirmed_and_metadata_never_asked_twice(server, tmp_path):
    for expected in (4, 1, 1):
        answer = probe(server.url, "--cache", str(tmp_path), "--metadata", "3", "tagged-0")
        assert answer.versions() == ["2.0", "1.1", "1.0"] and len(answer.metadata()) == 3
        assert answer.stats["requests"] == expected
    assert server.headers("/simple/tagged-0/")[-1]["If-None-Match"] == '"one"'
    answer = probe(server.url, "--cache", str(tmp_path), "--refresh", "tagged-600")
    answer = probe(server.url, "--cache", str(tmp_path), "--refresh", "tagged-600")
    assert answer.stats["requests"] == 1


def test_works_offline_from_what_is_cached(server, tmp_path):
    cache = ["--cache", str(tmp_path), "--metadata", "3"]
    probe(server.url, *cache, "tagged-0", "missing-1")
    asked = len(server.log)
    answer = probe(server.url, *cache, "--offline", "tagged-0", "missing-1")
    assert answer.versions() == ["2.0", "1.1", "1.0"] and len(answer.metadata()) == 3
    assert answer.status == 0 and len(server.log) == asked
    answer = probe(server.url, *cache, "--offline", "plain")
    assert "offline" in answer.first()["message"] and "--offline" in answer.first()["hint"]
    assert len(server.log) == asked


def test_an_old_copy_serves_when_the_index_is_gone(tmp_path):
    server = Server()
    probe(server.url, "--cache", str(tmp_path), "tagged-0")
    server.stop()
    answer = probe(server.url, "--cache", str(tmp_path), "--retries", "0", "tagged-0")
    assert answer.versions() == ["2.0", "1.1", "1.0"] and answer.stats["stale"] == 1


def test_damaged_cache_entries_are_fetched_again(server, tmp_path):
    arguments = ["--cache", str(tmp_path), "--metadata", "3", "tagged-600"]
    probe(server.url, *arguments)
    entries = [entry for entry in pathlib.Path(tmp_path).rglob("*") if entry.is_file()]
    assert len(entries) == 4
    for entry in entries:
        data = bytearray(entry.read_bytes())
        data[len(data) // 2] ^= 1
        entry.write_bytes(data)
    answer = probe(server.url, *arguments)
    assert answer.versions() == ["2.0", "1.1", "1.0"] and answer.stats["requests"] == 4
    assert probe(server.url, *arguments).stats["requests"] == 0


def test_no_store_is_obeyed(server, tmp_path):
    for _ in range(2):
        assert probe(server.url, "--cache", str(tmp_path), "nostore").stats["requests"] == 1
    assert not [entry for entry in pathlib.Path(tmp_path).rglob("*") if entry.is_file()]


def test_another_index_cannot_plant_metadata(server, tmp_path):
    """The same file address and hash, asked through another index, is another entry."""
    other = Server()
    arguments = ["--cache", str(tmp_path), "--metadata", "1", "tagged-600"]
    probe(server.url, *arguments)
    assert probe(other.url, *arguments).stats["requests"] == 2
    other.stop()


def test_many_documents_are_on_their_way_at_once(server):
    server.meeting = threading.Barrier(40)
    names = [f"meet-{n}" for n in range(40)]
    answer = probe(server.url, *names)
    assert [len(line["releases"]) for line in answer.lines[:-1]] == [3] * 40


def test_stops_at_once_when_told(server):
    start = time.monotonic()
    answer = probe(server.url, "--cancel-after-ms", "200", "hangs")
    assert answer.first()["error"] == "interrupted"
    assert time.monotonic() - start < 2


def test_as_of_leaves_out_files_without_a_time(server):
    answer = probe(server.url, "--as-of", "2026-01-01", "plain")
    assert answer.versions() == [] and answer.first()["undated"] == 3


def test_the_program_does_not_link_libcurl():
    libraries = subprocess.run(["ldd", PROBE], capture_output=True, text=True, check=True).stdout
    assert "libcurl" not in libraries
    program = pathlib.Path(PROBE).resolve().parents[1] / "thoth"
    if program.exists():
        libraries = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        assert "libcurl" not in libraries


