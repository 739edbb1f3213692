#!/usr/bin/env python3
"""Record a small package index for examples that must work offline.

    examples/record_index.py INDEX_URL FOLDER PROJECT...

Fetches the project pages (PEP 503 or 691) of the PROJECTs and of everything they depend on, keeps the
newest releases, and writes

    FOLDER/NAME/index.json          the page, file addresses made relative (../files/FILENAME)
    FOLDER/files/FILENAME.metadata  what each wheel depends on (PEP 658)

File names, sizes, dates and SHA-256 of the wheels are the index's own. Of the metadata
only the headers that decide an installation are kept, so the digest of each metadata file is our own. The
wheels themselves are not fetched: the folder can be locked from, not installed from.
Only the Python standard library is used.
"""

import argparse
import concurrent.futures
import hashlib
import html.parser
import io
import json
import pathlib
import re
import shutil
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
FIELDS = "Metadata-Version Name Version Summary Requires-Python Requires-Dist Provides-Extra License-Expression".split()
PAGE_MAX = 64 << 20
METADATA_MAX = 4 << 20
FINAL = re.compile(r"^\d+(\.\d+)*(\.post\d+)?$")


def fetch(url, limit, accept="*/*"):
    request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "thoth-record-index"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        data = answer.read(limit + 1)
    if len(data) > limit:
        sys.exit(f"{url}: larger than {limit} bytes")
    return data


class Remote(io.RawIOBase):
    """A file behind an address, read by ranges: enough for the end of a zip archive."""

    def __init__(self, url):
        self.url, self.at = url, 0
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=30) as answer:
            self.size = int(answer.headers["Content-Length"])

    def seekable(self):
        return True

    def readable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=0):
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def readinto(self, buffer):
        count = min(len(buffer), self.size - self.at)
        if count <= 0:
            return 0
        headers = {"Range": f"bytes={self.at}-{self.at + count - 1}"}
        with urllib.request.urlopen(urllib.request.Request(self.url, headers=headers), timeout=30) as answer:
            data = answer.read(count)
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


def metadata_of(url, promised):
    """METADATA of a wheel: the index's own copy (PEP 658), else out of the wheel's end."""
    try:
        metadata = fetch(url + ".metadata", METADATA_MAX)
        if isinstance(promised, dict) and hashlib.sha256(metadata).hexdigest() != promised["sha256"]:
            sys.exit(f"{url}.metadata: not the bytes that the page promises")
        return metadata
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
    with zipfile.ZipFile(io.BufferedReader(Remote(url), 1 << 16)) as wheel:
        name = next(n for n in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
        return wheel.read(name)


def shortened(metadata):
    """The headers that installers read; licence texts and descriptions can be 60 kB."""
    headers = metadata.decode().replace("\r\n", "\n").partition("\n\n")[0]
    fields = re.findall(r"(?m)^[A-Za-z-]+:.*(?:\n[ \t].*)*", headers)
    return "".join(field + "\n" for field in fields if field.split(":")[0] in FIELDS).encode()


class Links(html.parser.HTMLParser):
    """The files of a PEP 503 page in the form of PEP 691."""

    def __init__(self):
        super().__init__()
        self.files = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag != "a" or "href" not in attrs:
            return
        url, _, digest = attrs["href"].partition("#")
        entry = {"filename": urllib.parse.unquote(url.rpartition("/")[2]), "url": url}
        if "=" in digest:
            entry["hashes"] = dict([digest.split("=", 1)])
        for key in ("requires-python", "upload-time"):
            if attrs.get(f"data-{key}"):
                entry[key] = attrs[f"data-{key}"]
        if "data-yanked" in attrs:
            entry["yanked"] = attrs["data-yanked"] or True
        self.files.append(entry)


def files_of(page):
    """The files of a page, JSON or HTML by what it holds: not every mirror's Content-Type is true."""
    if page.lstrip().startswith(b"{"):
        return json.loads(page)["files"]
    links = Links()
    links.feed(page.decode())
    return links.files


def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def version_of(filename):
    """The version in a wheel's or source archive's name, or None."""
    if filename.endswith(".whl"):
        return filename.split("-")[1]
    match = re.fullmatch(r".+-([0-9][^-]*)\.(tar\.gz|zip)", filename)
    return match and match[1]


def order(version):
    number, _, post = version.partition(".post")
    release = [int(part) for part in number.split(".")]
    while release and release[-1] == 0:
        release.pop()
    return release, int(post or -1)


def usable(entry, python, options):
    """Can this Python ("cp311") on the wanted platform use the wheel?"""
    name = entry["filename"]
    tags, abi, platform = name[:-4].split("-")[-3:]
    if platform != "any" and not re.search(options.platform, platform):
        return False
    lowest = re.match(r">=\s*3\.(\d+)", entry.get("requires-python") or "")
    if lowest and int(lowest[1]) > int(python[3:]):
        return False
    return "py3" in tags.split(".") or abi == "abi3" or (python in tags.split(".") and abi == python)


def newest(files, options):
    """Files by version: of each wanted Python the newest final releases with a usable wheel."""
    versions = {}
    for entry in files:
        version = version_of(entry["filename"])
        if version and FINAL.match(version) and not entry.get("yanked"):
            versions.setdefault(version, []).append(entry)
    kept = {}
    for python in options.python.split(","):
        found = 0
        for version in sorted(versions, key=order, reverse=True):
            wheels = [e for e in versions[version] if e["filename"].endswith(".whl") and usable(e, python, options)]
            sources = [e for e in versions[version] if not e["filename"].endswith(".whl")]
            if wheels and found < options.releases:
                found += 1
                entries = kept.setdefault(version, {})
                entries.update((entry["filename"], entry) for entry in wheels + sources)
    return {version: list(kept[version].values()) for version in sorted(kept, key=order)}


def dependencies(metadata):
    """Names in Requires-Dist that no extra guards."""
    for line in metadata.decode().splitlines():
        match = re.match(r"Requires-Dist:\s*([A-Za-z0-9._-]+)(.*)", line)
        if match and "extra ==" not in match[2]:
            yield normalised(match[1])


def record_file(entry, page_url, folder):
    """The page's entry for one file; its metadata goes to disk. Returns (entry, metadata)."""
    kept = {"filename": entry["filename"], "url": f"../files/{entry['filename']}"}
    for key in ("hashes", "requires-python", "size", "upload-time", "yanked"):
        if entry.get(key) not in (None, False):
            kept[key] = entry[key]
    if not entry["filename"].endswith(".whl"):
        return kept, b""
    url = urllib.parse.urljoin(page_url, entry["url"]).partition("#")[0]
    promised = entry.get("core-metadata") or entry.get("data-dist-info-metadata")
    metadata = shortened(metadata_of(url, promised))
    (folder / "files" / f"{entry['filename']}.metadata").write_bytes(metadata)
    kept["core-metadata"] = {"sha256": hashlib.sha256(metadata).hexdigest()}
    return kept, metadata


def record(name, options, pool):
    """Write one project's page; returns the names it depends on."""
    page_url = f"{options.index_url.rstrip('/')}/{name}/"
    releases = newest(files_of(fetch(page_url, PAGE_MAX, ACCEPT)), options)
    entries = [entry for files in releases.values() for entry in files]
    recorded = list(pool.map(lambda entry: record_file(entry, page_url, options.folder), entries))
    small = {
        "meta": {"api-version": "1.1"},
        "name": name,
        "versions": list(releases),
        "files": [kept for kept, _ in recorded],
    }
    (options.folder / name).mkdir(parents=True, exist_ok=True)
    text = json.dumps(small, indent=None, separators=(",", ":")).replace('{"filename"', '\n{"filename"')
    (options.folder / name / "index.json").write_text(text + "\n")
    print(f"{name}: {len(releases)} releases, {len(entries)} files", flush=True)
    return {needed for _, metadata in recorded for needed in dependencies(metadata)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index_url", help="address of a simple index")
    parser.add_argument("folder", type=pathlib.Path, help="replaced as a whole")
    parser.add_argument("project", nargs="+")
    parser.add_argument("--releases", type=int, default=4, help="newest releases kept for each Python (%(default)s)")
    parser.add_argument("--platform", default="manylinux.*x86_64", help="pattern of platform tags (%(default)s)")
    parser.add_argument("--python", default="cp311,cp312,cp313", help="wheels for these (%(default)s)")
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    (options.folder / "files").mkdir(parents=True)
    todo, done = [normalised(name) for name in options.project], set()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        while todo:
            name = todo.pop(0)
            if name not in done:
                done.add(name)
                todo += sorted(record(name, options, pool) - done)
    size = sum(path.stat().st_size for path in options.folder.rglob("*") if path.is_file())
    print(f"{len(done)} projects, {size} bytes in {options.folder}")


if __name__ == "__main__":
    main()
