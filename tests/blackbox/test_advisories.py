"""Known vulnerabilities in locks: what is told, what is avoided, and what happens without them."""

import json
import os

import pytest
import test_data
from test_lock import Place, notebook, write_index

INDEX = [
    "demo 1.0",
    "demo 2.0",
    "demo 3.0",
    "app 1.0 requires demo",
]
# 3.0 is affected by another one, which nothing fixes; 2.0 is clean
SECOND = """id: PYSEC-2024-2
modified: 2024-04-05T00:00:00Z
aliases: [CVE-2024-2]
details: Something else.
affected:
- package: {ecosystem: PyPI, name: demo}
  versions: ['3.0']
"""


class Advised(Place):
    """An index of our own and a data folder of our own."""

    def __init__(self, folder):
        super().__init__(folder)
        self.home = folder / "home"
        index = folder / "advised"
        index.mkdir()
        write_index(INDEX, index)
        self.index = index.as_uri()

    def run(self, *words, **options):
        os.environ["XDG_DATA_HOME"] = str(self.home)
        try:
            return super().run(*words, **options)
        finally:
            del os.environ["XDG_DATA_HOME"]

    def update(self, tmp_path):
        place = test_data.folder(tmp_path)
        (place / "PYSEC-2024-2.yaml").write_text(SECOND)
        done = test_data.run(self.home, "update", place)
        assert done.returncode == 0, done.stderr
        return self

    def locked(self, *words):
        done = self.lock("--json", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    made = Advised(tmp_path)
    made.write(notebook("!pip install app"))
    return made


def version(document, name):
    return next(package["version"] for package in document["packages"] if package["name"] == name)


def advice(document):
    return [message for message in document["messages"] if message.get("unit") == "advisories"]


def test_security_avoids_releases_with_an_advisory(place, tmp_path):
    place.update(tmp_path)
    document = place.locked("--recommendation-type", "security")
    assert version(document, "demo") == "2.0"
    said = advice(document)
    assert [message["version"] for message in said] == ["3.0"]
    assert "PYSEC-2024-2 (CVE-2024-2)" in said[0]["message"] and "advisories of 2024-04-05" in said[0]["message"]


def test_stable_takes_the_release_without_one(place, tmp_path):
    place.update(tmp_path)
    assert version(place.locked(), "demo") == "2.0"


def test_latest_only_tells(place, tmp_path):
    place.update(tmp_path)
    document = place.locked("--recommendation-type", "latest")
    assert version(document, "demo") == "3.0"
    (said,) = advice(document)
    assert said["type"] == "WARNING" and said["package"] == "demo" and said["version"] == "3.0"
    assert "no fixed version is known" in said["message"]


def test_the_fixed_version_and_the_link_are_told(place, tmp_path):
    place.update(tmp_path).write(notebook("!pip install demo==1.0"))
    (said,) = advice(place.locked("--recommendation-type", "latest"))
    assert "fixed in 2.0" in said["message"] and said["link"] == "https://site.example/advisory"
    done = place.lock()
    assert "PYSEC-2024-1" in done.stderr and "https://site.example/advisory" in done.stderr


def test_the_lock_names_the_snapshot(place, tmp_path):
    place.update(tmp_path)
    assert place.locked()["resolution"]["data"]["advisories"] == "2024-04-05"
    stored = json.loads(place.path.read_text())["metadata"]["thoth"]
    assert stored["resolution"]["data"]["advisories"] == "2024-04-05"


def test_nothing_left_is_a_conflict_that_names_the_advisory(place, tmp_path):
    place.update(tmp_path).write(notebook("!pip install 'demo>2'"))
    done = place.lock("--recommendation-type", "security")
    assert done.returncode == 4 and "PYSEC-2024-2" in done.stderr


def test_a_label_allows_an_advisory(place, tmp_path):
    place.update(tmp_path)
    document = place.locked("--recommendation-type", "security", "--label", "allow-cve=CVE-2024-2")
    assert version(document, "demo") == "3.0"
    (said,) = advice(document)
    assert said["type"] == "INFO" and "allowed by label" in said["message"]


def test_without_advisories_nobody_looked(place):
    document = place.locked()
    assert advice(document) == [] and document["resolution"]["data"]["advisories"] == "never looked"
    done = place.lock("--recommendation-type", "security", "--upgrade")
    assert done.returncode == 0 and "nobody looked" in done.stderr


def test_a_damaged_file_is_left_out_and_said(place, tmp_path):
    place.update(tmp_path)
    file = place.home / "thoth/knowledge/advisories.sqlite"
    file.write_bytes(file.read_bytes()[:100] + b"\xff" * 4000 + file.read_bytes()[4100:])
    done = place.lock("--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document["resolution"]["data"]["advisories"] == "left out: damaged"
    assert "advisories.sqlite" in done.stderr and version(document, "demo") == "3.0"


def audit(place, *words):
    done = place.run("audit", "nb.ipynb", *words)
    return done, json.loads(done.stdout) if "--json" in words and done.stdout else None


def test_audit_tells_what_is_known_and_what_the_requirements_allow(place, tmp_path):
    place.update(tmp_path).locked("--recommendation-type", "latest")
    stored = place.path.read_bytes()
    done, document = audit(place, "--json")
    assert done.returncode == 1 and document["advisories"]["date"] == "2024-04-05"
    (finding,) = document["findings"]
    assert finding["id"] == "PYSEC-2024-2" and finding["aliases"] == ["CVE-2024-2"]
    assert finding["package"] == "demo" and finding["version"] == "3.0"
    assert "fixed" not in finding and finding["allowed"] == "2.0"
    assert place.path.read_bytes() == stored
    text = audit(place)[0]
    assert text.returncode == 1 and "the requirements allow 2.0" in text.stdout and "2024-04-05" in text.stdout


def test_audit_says_when_the_requirements_allow_nothing_better(place, tmp_path):
    place.update(tmp_path).write(notebook("!pip install demo==1.0"))
    place.locked()
    done, document = audit(place, "--json")
    (finding,) = document["findings"]
    assert done.returncode == 1 and finding["fixed"] == "2.0" and "allowed" not in finding
    assert "allow no versions" in document["allowed_unknown"]


def test_audit_of_a_clean_lock_and_of_an_accepted_one(place, tmp_path):
    place.update(tmp_path).locked("--recommendation-type", "security")
    assert audit(place)[0].returncode == 0
    place.write(notebook("!pip install demo==3.0")).locked()
    done, document = audit(place, "--json", "--label", "allow-cve=CVE-2024-2")
    assert done.returncode == 0 and document["findings"][0]["accepted"] is True


def test_audit_without_a_lock_or_without_advisories(place):
    assert audit(place)[0].returncode == 1
    place.locked()
    done = audit(place)[0]
    assert done.returncode == 3 and "nobody looked" in done.stderr


def test_audit_marks_the_file_in_a_workflow(place, tmp_path):
    place.update(tmp_path).locked("--recommendation-type", "latest")
    done = audit(place, "--format", "github")[0]
    assert done.stdout.startswith("::warning file=nb.ipynb::demo 3.0: PYSEC-2024-2")
    assert audit(place, "--format", "pylock")[0].returncode == 2
