"""What an index can send that it should not: a lock is right or not there, and the words say why."""

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import time
import zipfile

import pytest
from bad_index import JSON_TYPE, Server
from test_lock import THOTH, Place, notebook, wait_for
from test_worker import Worker


class World(Server):
    """Projects as told: add(name, version, requires=[...]) and then whatever is wrong with them."""

    def __init__(self, certificate=None):
        super().__init__(certificate)
        self.files = {}

    def add(self, name, version, *requires, text=None, metadata=None, sha256=None, tag="py3-none-any", announce=True,
            python=None, body=None):
        filename = f"{name.replace('-', '_')}-{version}-{tag}.whl"
        if text is None:
            text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            text += "".join(f"Requires-Dist: {r}\n" for r in requires)
        document = metadata if metadata is not None else text.encode()
        entry = {"filename": filename, "url": f"/w/{filename}",
                 "hashes": {"sha256": sha256 or hashlib.sha256(filename.encode()).hexdigest()}}
        if announce:
            entry["core-metadata"] = {"sha256": hashlib.sha256(document).hexdigest()}
        if python:
            entry["requires-python"] = python
        self.files.setdefault(name, []).append(entry)
        self.special[f"/w/{filename}.metadata"] = lambda handler: handler.reply(200, document) if announce else handler.reply(404)
        if body is not None:
            self.special[f"/w/{filename}"] = lambda handler: ranges(handler, body)
        self.special[f"/simple/{name}/"] = lambda handler: handler.reply(200, self.page(name), {"Content-Type": JSON_TYPE})
        return entry

    def page(self, name):
        return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": self.files[name]}).encode()


def ranges(handler, body):
    asked = handler.headers.get("Range", "")
    if asked.startswith("bytes=-"):
        first, last = max(0, len(body) - int(asked[7:])), len(body) - 1
    elif asked.startswith("bytes="):
        first, last = (int(n) for n in asked[6:].split("-"))
    else:
        return handler.reply(200, body)
    last = min(last, len(body) - 1)
    return handler.reply(206, body[first : last + 1], {"Content-Range": f"bytes {first}-{last}/{len(body)}"})


@pytest.fixture
def world():
    world = World()
    yield world
    world.stop()


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def lock(place, world, *wanted, words=()):
    place.write(notebook("!pip install " + " ".join(f"'{w}'" for w in wanted)))
    return place.lock(*words, index=world.url)


def locked(place):
    return {line.split("==")[0]: line.split("==")[1].split(" ")[0] for line in place.thoth()["lock"]["packages"]}


def test_cycles_and_self_dependencies_end(place, world):
    world.add("a", "1", "b", "a", "a[x]")
    world.add("b", "1", "c; python_version>'3'")
    world.add("c", "1", "a", "b>=1")
    assert lock(place, world, "a").returncode == 0
    assert locked(place) == {"a": "1", "b": "1", "c": "1"}


def test_a_release_that_requires_another_version_of_itself_is_not_taken(place, world):
    world.add("a", "2", "a<2")
    world.add("a", "1")
    done = lock(place, world, "a")
    assert done.returncode == 0, done.stderr
    assert locked(place)["a"] in ("1", "2")  # installers disagree; the lock is one consistent release


def test_of_two_files_of_one_name_none_is_taken(place, world):
    world.add("a", "1", sha256="1" * 64)
    world.add("a", "1", sha256="2" * 64)
    done = lock(place, world, "a")
    assert done.returncode == 4 and "a-1-py3-none-any.whl" in done.stderr and "none of them is used" in done.stderr
    assert "lock" not in place.thoth()


@pytest.mark.parametrize("sha256", ["", "xyz", "0" * 63, "0" * 65, "g" * 64, 7, None, ["0" * 64]])
def test_a_hash_that_is_none_makes_no_lock(place, world, sha256):
    entry = world.add("a", "1")
    entry["hashes"] = {"sha256": sha256} if sha256 is not None else {"md5": "0" * 32}
    done = lock(place, world, "a")
    assert done.returncode == 5 and "no sha256" in done.stderr and "a-1-py3-none-any.whl" in done.stderr
    assert "lock" not in place.thoth()


@pytest.mark.parametrize("metadata, says", [
    (b"x", "'Name'"), (b"", "'Name'"), (b"Metadata-Version: 9.0\nName: a\nVersion: 2\n", "version"),
    (b"Metadata-Version: 2.1\nName: b\nVersion: 2\n", "another project"),
    (b"Metadata-Version: 2.1\nName: a\nVersion: 3\n", "another version"),
    (b"Metadata-Version: 2.1\nName: a\nVersion: 2\nRequires-Dist: \xff\xfe\xe9\n", "cannot be read"),
    (b"Metadata-Version: 2.1\nName: a\nVersion: 2\nRequires-Dist: b >>> 1\n", "cannot be read"),
    (b"Metadata-Version: 2.1\nName: a\nVersion: 2\nRequires-Dist: b; nonsense == '1'\n", ""),
    (b"Metadata-Version: 2.1\nName: a\nVersion: 2\nX: " + b"x" * (5 << 20), "larger than"),
    (gzip.compress(b"Metadata-Version: 2.1\nName: a\nVersion: 2\n", mtime=0), "'Name'"),
    (bytes(range(256)) * 40, "'Name'"),
])
def test_metadata_that_cannot_be_used_leaves_the_other_releases(place, world, metadata, says):
    world.add("a", "2", metadata=metadata)
    world.add("a", "1")
    done = lock(place, world, "a")
    assert done.returncode == 0, done.stderr
    assert locked(place) == {"a": "1"}
    why = place.run("why", "nb.ipynb", "a", index=world.url).stdout
    assert says in why, why


@pytest.mark.parametrize("requirement, version", [
    ("b>=1.*", "2"), ("b (>=1,<2)", "1"), ("b=>1", "2"), ("b~=1", "1"), ("b>=1.0 <2.0", "1"), ("b>=1,<2,", "1"),
    ("b !=2.*,>=1", "1"), ("b ==1.*", "1"), ("B.[X]>=1", None), ("b<3.dev0,>1.0.*", "2"),
])
def test_odd_specifiers_are_repaired_or_their_release_left_out(place, world, requirement, version):
    """Repaired (packaging/repair.c), or that release is not used: never another meaning."""
    world.add("a", "2", requirement)
    world.add("a", "1")
    world.add("b", "2")
    world.add("b", "1")
    done = lock(place, world, "a")
    assert done.returncode == 0, done.stderr
    got = locked(place)
    assert got == ({"a": "1"} if version is None else {"a": "2", "b": version}), got


@pytest.mark.parametrize("python", [">=3.5.*", ">=3.6,", "nonsense", "=>3", "\x00", ">=3 <4"])
def test_an_odd_requires_python_hides_nothing(place, world, python):
    world.add("a", "1", python=python)
    assert lock(place, world, "a").returncode == 0


def test_ten_thousand_versions(place, world):
    for n in range(10000):
        world.add("a", f"{n // 100}.{n % 100}", "b")
    world.add("b", "1")
    start = time.monotonic()
    assert lock(place, world, "a<50").returncode == 0
    assert locked(place) == {"a": "49.99", "b": "1"} and time.monotonic() - start < 20


def test_a_missing_project_leaves_the_older_release(place, world):
    world.add("a", "2", "gone")
    world.add("a", "1")
    world.special["/simple/gone/"] = lambda handler: handler.reply(404)
    assert lock(place, world, "a").returncode == 0 and locked(place) == {"a": "1"}
    done = lock(place, world, "a>=2")
    assert done.returncode == 4 and "gone" in done.stderr


@pytest.mark.parametrize("status, header", [(429, "1"), (503, "1"), (503, "garbage"), (500, None)])
def test_a_busy_index_is_asked_again(place, world, status, header):
    world.add("a", "1")
    page, times = world.page("a"), []

    def busy(handler):
        times.append(time.monotonic())
        if len(times) == 1:
            return handler.reply(status, headers={"Retry-After": header} if header else {})
        return handler.reply(200, page, {"Content-Type": JSON_TYPE})

    world.special["/simple/a/"] = busy
    assert lock(place, world, "a").returncode == 0 and len(times) == 2
    assert times[1] - times[0] > (0.9 if header == "1" else 0.05)


def truncated_gzip(handler, body):
    handler.reply(200, gzip.compress(body)[:-20], {"Content-Type": JSON_TYPE, "Content-Encoding": "gzip"})


def not_gzip(handler, body):
    handler.reply(200, body, {"Content-Type": JSON_TYPE, "Content-Encoding": "gzip"})


def cut_json(handler, body):
    handler.reply(200, body[:-30], {"Content-Type": JSON_TYPE})


def deep_json(handler, body):
    handler.reply(200, b'{"files": ' + b"[" * 200000, {"Content-Type": JSON_TYPE})


def nul_json(handler, body):
    handler.reply(200, body.replace(b'"name"', b'"na\0me"'), {"Content-Type": JSON_TYPE})


def binary(handler, body):
    handler.reply(200, random.Random(1).randbytes(100000), {"Content-Type": JSON_TYPE})


def another_page(handler, body):
    handler.reply(200, b"<html><form><input name=password></form></html>", {"Content-Type": "text/html"})


@pytest.mark.parametrize("how", [truncated_gzip, not_gzip, cut_json, deep_json, binary, another_page])
def test_a_page_that_is_none_stops_the_lock_with_words(place, world, how):
    world.add("a", "1")
    page = world.page("a")
    world.special["/simple/a/"] = lambda handler: how(handler, page)
    done = lock(place, world, "a")
    assert done.returncode == 5 and f"127.0.0.1:{world.server_port}" in done.stderr and "hint" in done.stderr
    assert "lock" not in place.thoth()


def test_a_page_that_is_not_utf8_is_read_where_it_can_be(place, world):
    world.add("a", "1")
    page = world.page("a").replace(b'"meta"', b'"m\xe9ta": {"x": "\xff"}, "meta"')
    world.special["/simple/a/"] = lambda handler: handler.reply(200, page, {"Content-Type": JSON_TYPE})
    done = lock(place, world, "a")
    assert done.returncode in (0, 5), done.stderr
    assert done.returncode == 5 or locked(place) == {"a": "1"}


def test_a_trickle_is_not_waited_for_for_ever(world, tmp_path):
    """Slow loris: a byte now and then keeps a connection alive that will never end."""
    probe = os.environ.get("INDEX_PROBE", "build/tests/index_probe")
    if not shutil.which(probe):
        pytest.skip("no index_probe")

    def trickle(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while not world.released.wait(0.2):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    world.special["/simple/a/"] = trickle
    start = time.monotonic()
    run = subprocess.run([probe, "--index", world.url, "--timeout-ms", "1500", "--retries", "0", "a"], capture_output=True,
                         text=True, timeout=60)
    assert run.returncode == 1 and "bytes a second" in run.stdout and time.monotonic() - start < 15


def test_what_a_rejected_release_requires_is_not_asked_for(place, world):
    world.add("a", "3", "c", "b<2")
    world.add("a", "2")
    world.add("b", "2")
    world.add("c", "1")
    assert lock(place, world, "a", "b>=2").returncode == 0
    assert locked(place) == {"a": "2", "b": "2"}
    assert world.asked("/simple/b/") and not world.asked("/simple/c/")


def a_conflict_whose_way_out_hangs(world):
    """a<3 clashes with b>=2 at once; a 3 would do, were it not for a page that never comes."""
    world.add("a", "2", "b<2")
    world.add("a", "3", "slow")
    world.add("b", "1")
    world.add("b", "2")
    world.special["/simple/slow/"] = lambda handler: world.released.wait(60)
    return "a<3", "b>=2"


def test_the_end_of_the_time_leaves_a_conflict_that_is_proven(place, world):
    wanted = a_conflict_whose_way_out_hangs(world)
    done = lock(place, world, *wanted, words=["--timeout", "0.7", "--json"])
    assert done.returncode == 4, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"] == "unsatisfiable" and answer["error"]["kind"] == "unsatisfiable"
    assert answer["conflict"]["requirements"] == ["a<3", "b>=2"] and not answer["conflict"]["suggestions"]
    assert "a 2 requires b<2" in answer["error"]["message"] and "--timeout" in answer["error"]["message"]


def test_the_same_in_the_worker(place, world):
    wanted = a_conflict_whose_way_out_hangs(world)
    worker = Worker(place, world.url)
    answer = worker.ask("lock", "--timeout", "0.7", sources=["!pip install " + " ".join(f"'{w}'" for w in wanted)])
    worker.process.stdin.close()
    worker.process.wait(timeout=60)
    assert answer["exit"] == 4 and "a 2 requires b<2" in answer["error"]["message"]


def test_an_interrupt_wants_no_conflict(place, world):
    wanted = a_conflict_whose_way_out_hangs(world)
    place.write(notebook("!pip install " + " ".join(f"'{w}'" for w in wanted)))
    process = subprocess.Popen(
        place.command("lock", "nb.ipynb", index=world.url), cwd=place.folder, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: world.asked("/simple/slow/"), what="the request")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "stopped" in errors


def zip_of(name, data, level=9, size=None):
    """A wheel with one METADATA; size: what its table of contents says instead of the truth."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as made:
        made.writestr(f"{name}-2.dist-info/METADATA", data)
    body = bytearray(out.getvalue())
    if size is not None:
        at = body.rindex(b"PK\x01\x02")
        struct.pack_into("<I", body, at + 24, size)
    return bytes(body)


HEAD = b"Metadata-Version: 2.1\nName: a\nVersion: 2\n"


@pytest.mark.parametrize("body", [
    zip_of("a", HEAD + b"X: " + b"\0" * (300 << 20)), zip_of("a", HEAD, size=1 << 31), zip_of("a", HEAD, size=3),
    zip_of("a", HEAD)[:-30], zip_of("a", HEAD)[30:], b"PK\x05\x06" + b"\xff" * 18, b"PK" * 50000, b"",
    b"PK\x06\x06" + b"\0" * 52 + b"PK\x06\x07" + b"\0" * 16 + b"PK\x05\x06" + b"\xff" * 16 + b"\0\0",
], ids=["bomb", "lies-large", "lies-small", "cut", "shifted", "all-ones", "noise", "empty", "zip64-loop"])
def test_a_wheel_that_cannot_be_read_leaves_the_other_releases(place, world, body):
    world.add("a", "2", announce=False, body=body)
    world.add("a", "1", announce=False, body=zip_of("a", HEAD.replace(b": 2\n", b": 1\n")).replace(b"a-2.dist", b"a-1.dist"))
    start = time.monotonic()
    done = lock(place, world, "a")
    assert done.returncode == 0, done.stderr
    assert locked(place) == {"a": "1"} and time.monotonic() - start < 10


def test_a_host_that_forbids_what_it_does_not_have(place, world):
    """Object stores answer 403 for a metadata file that is not there."""
    world.add("a", "2", announce=False, body=zip_of("a", HEAD))
    world.special["/w/a-2-py3-none-any.whl.metadata"] = lambda handler: handler.reply(403)
    done = lock(place, world, "a")
    assert done.returncode == 0 and locked(place) == {"a": "2"}, done.stderr


@pytest.mark.parametrize("target, says", [
    ("/simple/a/", "redirects more than 10 times"), ("file:///etc/passwd", "redirects"), ("ftp://127.0.0.1/", "redirects"),
    ("//", ""), ("http://[", ""), ("", "redirects to nowhere"),
])
def test_redirects_that_lead_nowhere(place, world, target, says):
    world.add("a", "1")
    world.special["/simple/a/"] = lambda handler: handler.reply(302, headers={"Location": target} if target else {})
    done = lock(place, world, "a")
    assert done.returncode == 5 and says in done.stderr, done.stderr


def test_names_of_files_lead_nowhere(place, world):
    """Path parts, controls and markup in names and links are data."""
    for name in ("../../a-9-py3-none-any.whl", "a-9-py3-none-any.whl\x1b[31m", "<b>a-9-py3-none-any.whl", "a-9 -py3-none-any.whl",
                 "a-" + "9" * 5000 + "-py3-none-any.whl", "a-9-" + "py3." * 5000 + "py3-none-any.whl"):
        world.files.setdefault("a", []).append({"filename": name, "url": name, "hashes": {"sha256": "0" * 64}})
    world.add("a", "1")
    done = lock(place, world, "a<9")
    assert done.returncode == 0, done.stderr
    assert locked(place) == {"a": "1"} and "\x1b" not in done.stdout + done.stderr


# ---- log-ins ------------------------------------------------------------------------------------


def test_netrc_is_for_its_own_host_alone(place, world):
    other = World()
    world.add("a", "1")
    page = world.page("a")
    world.special["/simple/a/"] = lambda handler: handler.reply(302, headers={"Location": other.url + "b/"})
    other.special["/simple/b/"] = lambda handler: handler.reply(200, page, {"Content-Type": JSON_TYPE})
    netrc = place.folder / "logins"
    netrc.write_text("machine index.example login me password s3cret\n")
    netrc.chmod(0o600)
    env = {**os.environ, "NETRC": str(netrc), "THOTH_INDEX_URL": world.url, "THOTH_CACHE_DIR": str(place.cache)}
    place.write(notebook("!pip install a"))
    subprocess.run([THOTH, "lock", "nb.ipynb"], cwd=place.folder, env=env, capture_output=True, check=False)
    assert "Authorization" not in world.headers("/simple/a/")[0]
    netrc.write_text("machine 127.0.0.1 login me password s3cret\n")
    done = subprocess.run([THOTH, "lock", "nb.ipynb", "-vv"], cwd=place.folder, env={**env, "THOTH_REFRESH": "1"}, capture_output=True,
                          text=True, check=False)
    assert "Authorization" in world.headers("/simple/a/")[-1]
    everything = done.stdout + done.stderr + place.path.read_text() + "".join(
        p.read_bytes().decode("latin-1") for p in place.cache.rglob("*") if p.is_file())
    assert "s3cret" not in everything
    other.stop()


def test_a_proxy_is_used_and_its_password_not_shown(place, world):
    world.add("a", "1")
    seen = []

    def proxied(handler):
        seen.append(handler.headers.get("Proxy-Authorization"))
        handler.reply(200, world.page("a"), {"Content-Type": JSON_TYPE})

    world.special["http://index.example/simple/a/"] = proxied
    world.special["http://index.example/w/a-1-py3-none-any.whl.metadata"] = lambda handler: handler.reply(
        200, b"Metadata-Version: 2.1\nName: a\nVersion: 1\n")
    place.write(notebook("!pip install a"))
    proxy = f"http://me:s3cret@127.0.0.1:{world.server_port}"
    done = place.lock("--proxy", proxy, index="http://index.example/simple")
    assert done.returncode == 0, done.stderr
    assert seen and seen[0].startswith("Basic ")
    shutil.rmtree(place.cache)
    done = place.lock("--proxy", "http://me:s3cret@127.0.0.1:1", index="http://index.example/simple")
    assert done.returncode == 5 and "s3cret" not in done.stdout + done.stderr


# ---- certificates -------------------------------------------------------------------------------


@pytest.fixture
def tls(tmp_path):
    """A world with a certificate that only those trust who are told to."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl")
    path = tmp_path / "server.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*command.split(), "-keyout", path, "-out", tmp_path / "c.pem"], check=True, capture_output=True)
    path.write_text(path.read_text() + (tmp_path / "c.pem").read_text())
    world = World(path)
    world.certificate = str(tmp_path / "c.pem")
    world.add("a", "1")
    yield world
    world.stop()


@pytest.mark.parametrize("way", ["nothing", "--cert", "PIP_CERT", "pip.conf", "--trusted-host", "PIP_TRUSTED_HOST", "another host"])
def test_certificates_are_checked_unless_the_user_says_otherwise(place, tls, way):
    home = place.folder / "home"
    (home / ".config/pip").mkdir(parents=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("THOTH_", "PIP_", "UV_", "SSL_", "REQUESTS_", "XDG_"))}
    env.update(HOME=str(home), THOTH_INDEX_URL=tls.url, THOTH_CACHE_DIR=str(place.cache))
    words = {"--cert": ["--cert", tls.certificate], "--trusted-host": ["--trusted-host", f"127.0.0.1:{tls.server_port}"],
             "another host": ["--trusted-host", "127.0.0.2"]}.get(way, [])
    env.update({"PIP_CERT": {"PIP_CERT": tls.certificate}, "PIP_TRUSTED_HOST": {"PIP_TRUSTED_HOST": "127.0.0.1"}}.get(way, {}))
    if way == "pip.conf":
        (home / ".config/pip/pip.conf").write_text(f"[global]\ncert = {tls.certificate}\n")
    place.write(notebook("!pip install a"))
    done = subprocess.run([THOTH, "lock", "nb.ipynb", *words], cwd=place.folder, env=env, capture_output=True, text=True,
                          check=False)
    fine = way not in ("nothing", "another host")
    assert done.returncode == (0 if fine else 5), done.stderr
    assert fine or ("SSL_CERT_FILE" in done.stderr and tls.asked() == [])


# ---- killed in the middle -----------------------------------------------------------------------


def test_a_cache_survives_being_killed_at_any_moment(place, world):
    """kill -9 at random moments of cold locks: what is in the cache then is whole or not used."""
    names = [f"p{n}" for n in range(30)]
    for n, name in enumerate(names):
        world.add(name, "1.0", *names[n + 1 : n + 4])
        world.add(name, "2.0", *names[n + 1 : n + 4], metadata=None)
    place.write(notebook("!pip install p0"))
    chance = random.Random(7)
    for _ in range(25):
        child = subprocess.Popen(place.command("lock", "nb.ipynb", "--dry-run", index=world.url), cwd=place.folder,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.005, 0.12))
        child.send_signal(signal.SIGKILL)
        child.wait()
        if chance.random() < 0.3 and place.cache.exists():
            shutil.rmtree(place.cache)
    assert place.lock(index=world.url).returncode == 0
    first = place.thoth()["lock"]["packages"]
    assert locked(place) == {name: "2.0" for name in names}
    shutil.rmtree(place.cache)
    assert place.lock(index=world.url).returncode == 0
    assert place.thoth()["lock"]["packages"] == first
    left = [p for p in place.cache.rglob("*") if p.is_file() and p.name.startswith((".", "tmp"))]
    assert left == []
