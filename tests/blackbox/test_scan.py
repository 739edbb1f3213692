"""`thoth scan`, `discover` and `convert`, and what a lock makes of the code, as a user meets them."""

import json

import pytest
from test_lock import Place, notebook


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


MKTEMP = ["# hello", "import tempfile\n\nname = tempfile.mktemp()"]


@pytest.mark.parametrize("first", ["!pip install flask", "1"])
def test_what_the_code_uses_reaches_the_lock(place, first):
    place.write(notebook(first, *MKTEMP))
    done = place.lock("--json")
    assert done.returncode == 0, done.stderr
    (message,) = json.loads(done.stdout)["messages"]
    assert (message["cell"], message["cell_id"], message["line"]) == (2, "c2", 3)
    assert message["type"] == "WARNING" and message["unit"] and "mkstemp" in message["message"]
    (kept,) = place.thoth()["messages"]
    assert (kept["cell_id"], kept["line"], kept["type"]) == ("c2", 3, "WARNING")
    assert place.lock("--check").returncode == 0  # it stays as it is
    place.write(place.path.read_text().replace("mktemp", "mkstemp"))
    assert place.lock().returncode == 0 and "messages" not in place.thoth()


def test_a_written_requirements_file_counts_once(place):
    place.write(notebook("%%writefile r.txt\nflask<3\n", "%pip install -r r.txt"))
    done = place.lock("--json")
    document = json.loads(done.stdout)
    assert document["messages"] == [] and done.returncode == 0, done.stderr
    assert {p["name"]: p["version"] for p in document["packages"]}["flask"] == "2.0"
