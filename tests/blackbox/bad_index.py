"""A package index that misbehaves as told. Python's standard library only.

What a project does is part of its name: /simple/BEHAVIOUR-ARGUMENT/ (see `behave`); any other name is
a project with three releases and announced metadata. Everything asked is kept in `server.log`.
"""

import functools
import gzip
import hashlib
import http.server
import io
import json
import re
import ssl
import tarfile
import threading
import zipfile
import zlib

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: click>=8\n"
JSON_TYPE = "application/vnd.pypi.simple.v1+json"


def metadata_of(name, version):
    return METADATA.format(name=name, version=version).encode()


def page(name, versions=("1.0", "1.1", "2.0"), announce=True, prefix="/files/", hash_of=None):
    files = []
    for version in versions:
        text = metadata_of(name, version)
        wheel = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        entry = {"filename": wheel, "url": f"{prefix}{name}/{wheel}", "hashes": {}}
        if announce:
            entry["core-metadata"] = {"sha256": hash_of or hashlib.sha256(text).hexdigest()}
        files.append(entry)
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files}).encode()


@functools.lru_cache
def wheel_of(name, version):
    """METADATA stands in front of 200 kB that do not compress, so that the tail alone is not enough."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(f"{name.replace('-', '_')}-{version}.dist-info/METADATA", metadata_of(name, version))
        wheel.writestr("x/code.bin", b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(6400)))
    return out.getvalue()


@functools.lru_cache
def sdist_of(name, version):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as sdist:
        for path, text in (("setup.py", b"exit(1)"), ("PKG-INFO", metadata_of(name, version))):
            info = tarfile.TarInfo(f"{name}-{version}/{path}")
            text = text.replace(b"Version: 2.1", b"Version: 2.2")
            info.size = len(text)
            sdist.addfile(info, io.BytesIO(text))
    return out.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, status, body=b"", headers=None, length=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def reply_page(self, name, headers=None, **options):
        self.reply(200, page(name, **options), {"Content-Type": JSON_TYPE, **(headers or {})})

    def do_GET(self):
        server = self.server
        with server.lock:
            server.log.append((self.path, dict(self.headers)))
            times = sum(path == self.path for path, _ in server.log)
        special = server.special.get(self.path)
        if special:
            return special(self)
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2:
            self.behave(parts[1], times)
        elif parts[0] == "files" and len(parts) == 3:
            self.file(parts[1], parts[2])
        elif parts[0] == "links":
            self.reply(200, server.links.encode(), {"Content-Type": "text/html"})
        elif parts[0] == "hop":
            self.reply(302, headers={"Location": f"/hop/{int(parts[1]) + 1}"})
        else:
            self.reply(404)

    def file(self, name, filename):
        if name.startswith("sdist"):
            return self.sdist(name, filename)
        wheel, _, ending = filename.rpartition(".")
        version = filename.split("-")[1]
        if name.startswith("wheel"):
            return self.reply(404) if ending == "metadata" else self.wheel(name, version)
        if ending != "metadata" or name.startswith("nometadata"):
            return self.reply(404)
        body = metadata_of(name, version)
        return self.reply(200, b"Name: x\n" * (1 << 20) if name == "hugemetadata" else body)

    def sdist(self, name, filename):
        body = sdist_of(name, "1.0")
        if name == "sdistencoded":  # a server that takes the archive for an encoding, when asked for any
            encoded = "gzip" in self.headers.get("Accept-Encoding", "")
            return self.reply(200, body, {"Content-Encoding": "gzip"} if encoded else {})
        if name == "sdistlarge":
            return self.reply(200, body, length=(64 << 20) + 1)
        return self.reply(404) if name == "sdistgone" else self.reply(200, body)

    def wheel(self, name, version):
        """A real wheel, in ranges (wheel-1) or only whole (wheel-0)."""
        body = wheel_of(name, version)
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not asked or name == "wheel-0":
            return self.reply(200, body)
        first = int(asked[1]) if asked[1] else max(0, len(body) - int(asked[2]))
        last = min(int(asked[2]), len(body) - 1) if asked[1] and asked[2] else len(body) - 1
        headers = {"Content-Range": f"bytes {first}-{last}/{len(body)}"}
        return self.reply(206, body[first : last + 1], headers)

    def behave(self, name, times):
        kind, _, argument = name.partition("-")
        number = int(argument) if argument.isdigit() else 0
        if name.startswith("sdist"):
            return self.page_sdist(name)
        act = getattr(self, "page_" + kind, None)
        if act is None:
            return self.reply_page(name)
        return act(name, number, times)

    def page_missing(self, name, number, times):
        self.reply(404)

    def page_status(self, name, number, times):
        self.reply(number)

    def page_fails(self, name, number, times):
        """503 `number` times, then fine."""
        self.reply(503) if times <= number else self.reply_page(name)

    def page_busy(self, name, number, times):
        """429 with Retry-After once, then fine."""
        self.reply(429, headers={"Retry-After": str(number)}) if times == 1 else self.reply_page(name)

    def page_cut(self, name, number, times):
        """The body ends too early `number` times."""
        body = page(name)
        if times > number:
            return self.reply_page(name)
        self.reply(200, body[: len(body) // 2], {"Content-Type": JSON_TYPE}, length=len(body))
        self.close_connection = True

    def page_closes(self, name, number, times):
        """The connection is closed without an answer `number` times."""
        if times > number:
            return self.reply_page(name)
        self.close_connection = True

    def page_hangs(self, name, number, times):
        self.server.released.wait(20)
        self.close_connection = True

    def page_garbage(self, name, number, times):
        self.reply(200, b"<html><form action=/login><input name=user></form></html>", {"Content-Type": "text/html"})

    def page_binary(self, name, number, times):
        self.reply(200, bytes(range(256)) * 8, {"Content-Type": "application/octet-stream"})

    def page_shape(self, name, number, times):
        self.reply(200, b'{"message": "hello"}', {"Content-Type": "application/json"})

    def page_mislabelled(self, name, number, times):
        self.reply(200, page(name), {"Content-Type": "application/x-unknown"})

    def page_wronghash(self, name, number, times):
        self.reply_page(name, hash_of="0" * 64)

    def page_loop(self, name, number, times):
        self.reply(302, headers={"Location": "/hop/0"})

    def page_moved(self, name, number, times):
        self.reply(301, headers={"Location": "/simple/elsewhere/"})

    def page_away(self, name, number, times):
        """Redirect to the server's other port, another origin."""
        self.reply(302, headers={"Location": f"http://127.0.0.1:{self.server.other}/simple/{name}/"})

    def page_ftp(self, name, number, times):
        self.reply(302, headers={"Location": "file:///etc/passwd"})

    def page_bomb(self, name, number, times):
        """A little gzip that becomes 300 MiB."""
        self.reply(200, self.server.bomb(), {"Content-Type": JSON_TYPE, "Content-Encoding": "gzip"})

    def page_zipped(self, name, number, times):
        self.reply(200, gzip.compress(page(name)), {"Content-Type": JSON_TYPE, "Content-Encoding": "gzip"})

    def page_tagged(self, name, number, times):
        """ETag, and fresh for `number` seconds."""
        headers = {"ETag": '"one"', "Cache-Control": f"max-age={number}"}
        if self.headers.get("If-None-Match") == '"one"':
            return self.reply(304, headers=headers)
        return self.reply_page(name, headers)

    def page_private(self, name, number, times):
        if self.headers.get("Authorization") is None:
            return self.reply(401, headers={"WWW-Authenticate": "Basic"})
        return self.reply_page(name)

    def page_nostore(self, name, number, times):
        self.reply_page(name, {"Cache-Control": "no-store"})

    def page_wheel(self, name, number, times):
        """Wheels, but no metadata documents."""
        self.reply_page(name, announce=False)

    def page_sdist(self, name):
        """One source distribution and nothing else."""
        filename = f"{name}-1.0.tar.gz"
        body = sdist_of(name, "1.0") + (b"x" if name == "sdistchanged" else b"")
        entry = {"filename": filename, "url": f"/files/{name}/{filename}",
                 "hashes": {"sha256": hashlib.sha256(body).hexdigest()}}
        text = json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": [entry]})
        self.reply(200, text.encode(), {"Content-Type": JSON_TYPE})

    def page_wheels(self, name, number, times):
        """Ten wheels, and no metadata documents."""
        self.reply_page(name, announce=False, versions=[f"{n}.0" for n in range(1, 11)])

    def page_downgrade(self, name, number, times):
        """From https to http."""
        self.reply(302, headers={"Location": f"http://127.0.0.1:{self.server.other}/simple/{name}/"})

    def page_meet(self, name, number, times):
        """Answers when all that the test expects have come at the same time."""
        try:
            self.server.meeting.wait(10)
        except threading.BrokenBarrierError:
            return self.reply(410)
        return self.reply_page(name)

    def page_silent(self, name, number, times):
        """Announces no metadata, but has it."""
        self.reply_page(name, announce=False)

    def page_nometadata(self, name, number, times):
        """Announces no metadata and has none."""
        self.reply_page(name, announce=False, versions=[f"{n}.0" for n in range(1, 11)])

    def page_many(self, name, number, times):
        self.reply_page(name, versions=[f"{n}.0" for n in range(1, number + 1)])


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.lock = threading.Lock()
        self.log = []
        self.other = 0
        self.links = ""
        self.special = {}  # path: what answers it, called with the handler
        self.meeting = threading.Barrier(1)
        self.released = threading.Event()
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.server_port}/simple/"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # clients that go away are what we test

    def asked(self, ending=""):
        with self.lock:
            return [path for path, _ in self.log if path.endswith(ending)]

    def headers(self, path):
        with self.lock:
            return [headers for asked, headers in self.log if asked == path]

    @staticmethod
    @functools.cache
    def bomb():
        squeezer = zlib.compressobj(1, zlib.DEFLATED, 31)
        block = b" " * (1 << 20)
        return b"".join(squeezer.compress(block) for _ in range(300)) + squeezer.flush()

    def stop(self):
        self.released.set()
        self.shutdown()
        self.server_close()
