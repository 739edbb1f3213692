"""%thoth in cells, with a worker that only pretends."""

import json
import pathlib
import re
import time

import pytest
from conftest import alive, descendants, processes, wait_for

FAKE = str(pathlib.Path(__file__).parent / "programs" / "fake_worker.py")


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "notes"
    path.touch()
    return path


@pytest.fixture
def environment(notes):
    return {"THOTH_WORKER": FAKE, "FAKE_WORKER_NOTES": str(notes)}


@pytest.fixture
def magic(start, environment):
    return start(env=environment)


def requests(notes):
    return [json.loads(line) for line in notes.read_text().splitlines()]


def worker_pids(kernel):
    return [pid for pid in descendants(kernel.pid) if FAKE in processes().get(pid, (0, "", []))[2]]


def bundle(outputs):
    [shown] = [m["content"] for m in outputs if m["msg_type"] == "display_data"]
    return shown


def error(outputs):
    [shown] = [m["content"] for m in outputs if m["msg_type"] == "error"]
    return shown


def test_shows_text_html_and_data(magic):
    reply, outputs = magic.run("%thoth lock --upgrade")
    shown = bundle(outputs)
    assert reply["status"] == "ok"
    assert shown["data"]["text/plain"] == "lock --upgrade"
    assert shown["data"]["text/html"] == "<i>lock --upgrade</i>"
    assert "application/vnd.thoth.lock+json" in shown["data"]
    assert shown["metadata"] == {}  # what goes into the notebook is in the data, once


def test_keeps_the_count_in_step(magic):
    counts = [magic.run(code)[0]["execution_count"] for code in ["1", "%thoth lock", "2", "%%thoth lock\nx", "3"]]
    assert counts == [1, 2, 3, 4, 5]
    _, outputs = magic.run("6 * 7")
    assert [m["content"]["execution_count"] for m in outputs if m["msg_type"] == "execute_result"] == [6]


def test_mixes_with_code(magic):
    _, outputs = magic.run("x = 20\n%thoth show\nprint(x + 1)")
    assert [m["msg_type"] for m in outputs] == ["execute_input", "display_data", "stream"]
    assert outputs[-1]["content"]["text"] == "21\n"


def test_splits_words_as_a_shell_does(magic, notes):
    magic.run("""%thoth add "a b" c\\ d 'e "f"' "g\\"h" '' pandas>=2""")
    assert requests(notes)[0]["arguments"] == ["a b", "c d", 'e "f"', 'g"h', "", "pandas>=2"]


def test_sends_the_body_of_a_cell(magic, notes):
    reply, _ = magic.run("%%thoth requirements\nflask>=3\n# ünïcode\n")
    assert reply["status"] == "ok"
    assert requests(notes)[0]["command"] == "requirements"
    assert requests(notes)[0]["body"] == "flask>=3\n# ünïcode\n"


def test_asks_for_help_without_words(magic, notes):
    magic.run("%thoth")
    assert requests(notes)[0]["command"] == "help"


def test_knows_the_older_name(magic):
    assert bundle(magic.run("%horus show")[1])["data"]["text/plain"] == "show"


def test_sends_the_cells_seen(magic, notes):
    magic.run("import flask")
    magic.run("silent = 1", silent=True)
    magic.run("hidden = 1", store_history=False)
    magic.run("import numpy")
    magic.run("import flask")
    magic.run("%thoth lock")
    cells = requests(notes)[0]["notebook"]["cells"]
    assert [cell["source"] for cell in cells] == ["import flask", "import numpy", "%thoth lock"]
    assert [cell["index"] for cell in cells] == [0, 1, 2]
    assert all(cell["type"] == "code" and "id" not in cell for cell in cells)


def test_knows_cells_by_the_id_that_jupyterlab_sends(magic, notes):
    def run(code, cell_id):
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = magic.client.session.msg("execute_request", content, metadata={"cellId": cell_id})
        magic.client.shell_channel.send(message)
        magic.collect(message["header"]["msg_id"])

    run("import flask", "a1")
    run("import numpy", "b2")
    run("import flask  # changed", "a1")
    run("%thoth lock", "c3")
    cells = requests(notes)[0]["notebook"]["cells"]
    assert [(cell["id"], cell["source"]) for cell in cells] == [
        ("a1", "import flask  # changed"),
        ("b2", "import numpy"),
        ("c3", "%thoth lock"),
    ]


def test_raises_a_short_error(magic):
    reply, outputs = magic.run("%thoth fail")
    shown = error(outputs)
    assert reply["status"] == "error"
    assert shown["ename"] == "ThothError"
    assert shown["traceback"] == ["thoth: expected '==' in 'flask>=3'\n  hint: write the exact version"]


def test_shows_the_answer_before_it_says_no(magic):
    reply, outputs = magic.run("%thoth no")
    assert reply["status"] == "error"
    assert bundle(outputs)["data"]["text/plain"] == "not locked"
    assert "exit code 1" in error(outputs)["evalue"]


def test_stops_run_all_at_an_error(magic):
    failing = magic.client.execute("%thoth fail")
    after = magic.client.execute("after = 1")
    assert magic.collect(failing)[0]["status"] == "error"
    assert magic.collect(after)[0]["status"] in ("aborted", "error")


@pytest.mark.parametrize(
    "option",
    ["--index-url x", "--index-url=x", "--extra-index-url x", "--notebook-trust never", "--notebook-t=ask",
     "--prescriptions dir", "--cache-dir dir", "--cach dir"],
)
def test_refuses_options_that_belong_to_the_user(magic, notes, option):
    reply, outputs = magic.run("%thoth lock " + option)
    assert reply["status"] == "error"
    assert "cannot be given in a cell" in error(outputs)["evalue"]
    assert requests(notes) == []


def test_passes_the_name_of_an_index(magic, notes):
    magic.run("%thoth add --index gpu torch")
    assert requests(notes)[0]["arguments"] == ["--index", "gpu", "torch"]


def test_says_which_quotation_is_open(magic):
    _, outputs = magic.run("%thoth add 'flask")
    assert "expected a closing '" in error(outputs)["evalue"]


def test_is_interrupted_at_once_and_cancels(magic, notes):
    magic.run("1")
    request = magic.client.execute("%thoth hang")
    wait_for(lambda: requests(notes), what="the request at the worker")
    begun = time.monotonic()
    magic.manager.interrupt_kernel()
    reply, outputs = magic.collect(request)
    assert time.monotonic() - begun < 0.3
    assert error(outputs)["ename"] == "KeyboardInterrupt"
    wait_for(lambda: [r for r in requests(notes) if r.get("cancel")], what="the cancel at the worker")
    assert bundle(magic.run("%thoth lock")[1])["data"]["text/plain"] == "lock"


def test_answers_interrupt_requests_too(start, environment, notes):
    kernel = start(env=environment)
    kernel.manager.kernel_spec.interrupt_mode = "message"
    request = kernel.client.execute("%thoth hang")
    wait_for(lambda: requests(notes), what="the request at the worker")
    kernel.manager.interrupt_kernel()
    assert error(kernel.collect(request)[1])["ename"] == "KeyboardInterrupt"


def test_leaves_no_name_in_the_namespace(magic):
    code = "print(sorted(n for n in globals() if 'thoth' in n.lower() or n in ('ask', 'show', 'SOCKET', 'socket')))"
    assert magic.text(code) == "[]\n"
    assert magic.text("%who") == "Interactive namespace is empty.\n"


def test_survives_reset(magic):
    magic.run("%reset -f")
    assert bundle(magic.run("%thoth lock")[1])["data"]["text/plain"] == "lock"


def test_comes_back_after_a_restart(magic):
    magic.manager.restart_kernel()
    magic.client.wait_for_ready(timeout=60)
    reply, outputs = magic.run("%thoth lock")
    assert bundle(outputs)["data"]["text/plain"] == "lock"
    assert reply["execution_count"] == 1


def test_starts_the_worker_once_and_only_when_asked(magic, notes):
    magic.run("1")
    assert worker_pids(magic) == []
    magic.run("%thoth lock")
    magic.run("%thoth show")
    first, second = requests(notes)
    assert first["pid"] == second["pid"]
    assert worker_pids(magic) == [first["pid"]]


def test_asks_again_when_the_worker_dies(magic, notes, tmp_path):
    assert bundle(magic.run(f"%thoth die-once {tmp_path}/died")[1])["data"]["text/plain"].startswith("die-once")
    assert len({request["pid"] for request in requests(notes)}) == 2


def test_gives_up_when_the_worker_dies_twice(magic, notes, tmp_path):
    _, outputs = magic.run(f"%thoth die {tmp_path}/died")
    assert "the worker ended with status 9" in error(outputs)["evalue"]
    assert len(requests(notes)) == 2
    assert magic.run("%thoth lock")[0]["status"] == "ok"


def test_ends_an_idle_worker(start, environment, notes):
    kernel = start(env=dict(environment, THOTH_WORKER_IDLE_MS="50"))
    kernel.run("%thoth lock")
    [request] = requests(notes)
    wait_for(lambda: not alive(request["pid"]), what="the end of the idle worker")
    assert kernel.run("%thoth lock")[0]["status"] == "ok"


def test_says_when_there_is_no_worker(start):
    kernel = start(env={"THOTH_WORKER": "/nonexistent/worker"})
    _, outputs = kernel.run("%thoth lock")
    assert "cannot start '/nonexistent/worker'" in error(outputs)["evalue"]


def test_keeps_the_workers_environment_from_the_cells(magic, notes):
    magic.run("import os; os.environ['THOTH_INDEX_URL'] = 'https://evil.example'; os.environ['HTTPS_PROXY'] = 'x'")
    magic.run("%thoth lock")
    environment = requests(notes)[0]["env"]
    assert "THOTH_INDEX_URL" not in environment and environment.get("HTTPS_PROXY") != "x"


def test_takes_large_answers_and_large_cells(magic, notes):
    shown = bundle(magic.run("%thoth big 7000000")[1])
    assert len(shown["data"]["text/plain"]) == 7000000
    magic.run("'''" + "y" * 9_000_000 + "''';")
    magic.run("%thoth lock")
    large = requests(notes)[-1]["notebook"]["cells"][-2]
    assert large["source"] == "" and large["source_length"] > 9_000_000


def test_completes_and_explains_itself(magic):
    matches = magic.client.complete("%tho", 4, reply=True)["content"]["matches"]
    assert "%thoth" in matches
    assert "lists the commands" in magic.client.inspect("%thoth", 3, reply=True)["content"]["data"]["text/plain"]


COMMANDS = """add audit convert discover help lock outdated remove requirements scan show update verify why""".split()


@pytest.mark.parametrize(
    "code, cursor, word, wanted",
    [
        ("%thoth lo", 9, 7, ["lock"]),
        ("%thoth ", 7, 7, COMMANDS),
        ("%%thoth re\nflask", 10, 8, ["remove", "requirements"]),
        ("x = 1\n%thoth lo", 15, 13, ["lock"]),
        ("s = 'ünï😀'\n%horus sho\ny = 2", 21, 18, ["show"]),
        ("%thoth lock --up", 16, 12, ["--upgrade"]),
        ("%thoth lock --platform ", 23, 23, ["linux", "macos", "windows"]),
        ("%thoth show --up", 16, 12, []),
        ("%thoth add 'a b", 15, 15, []),
    ],
)
def test_completes_words(magic, code, cursor, word, wanted):
    content = magic.client.complete(code, cursor, reply=True)["content"]
    assert content["matches"] == wanted
    assert content["cursor_start"] == word and content["cursor_end"] == cursor


def test_completes_packages_of_the_lock(magic):
    assert magic.client.complete("%thoth why ", 11, reply=True)["content"]["matches"] == []
    magic.run("%thoth update")
    assert magic.client.complete("%thoth why ", 11, reply=True)["content"]["matches"] == ["numpy", "pandas"]
    assert magic.client.complete("%thoth lock --upgrade pa", 24, reply=True)["content"]["matches"] == ["pandas"]


def test_completes_while_a_cell_runs(magic):
    request = magic.client.execute("import time; time.sleep(3)")
    begun = time.monotonic()
    assert magic.client.complete("%thoth lo", 9, reply=True)["content"]["matches"] == ["lock"]
    assert time.monotonic() - begun < 2
    magic.collect(request)


@pytest.mark.parametrize("code, cursor, words", [("%thoth lock", 9, "pin every package"), ("%thoth why flask", 14, "why this package"), ("%thoth ", 7, "%thoth outdated:")])
def test_explains_commands(magic, code, cursor, words):
    content = magic.client.inspect(code, cursor, reply=True)["content"]
    assert content["found"] and words in content["data"]["text/plain"]


def test_leaves_other_completions_to_the_kernel(magic):
    content = magic.client.complete("s = '%thoth '\nzi", 16, reply=True)["content"]
    assert "zip" in content["matches"]


def test_offers_what_the_worker_takes(start):
    """The table of options in the companion is that of the commands."""
    kernel = start()
    for command in COMMANDS:
        if command in ("help", "requirements"):
            continue  # their options are those of add, or none
        _, outputs = kernel.run(f"%thoth {command} --help")
        text = bundle(outputs)["data"]["text/plain"]
        listed = set(re.findall(r"^ .*?(--[a-z-]+)", text, re.MULTILINE))
        code = f"%thoth {command} --"
        offered = set(kernel.client.complete(code, len(code), reply=True)["content"]["matches"])
        refused = {word for word in listed - offered if "cannot be given" in error(kernel.run(f"%thoth {command} {word} x")[1])["evalue"]}
        assert offered == listed - refused, command
    listed = re.findall(r"^%+thoth (\w+)", bundle(kernel.run("%thoth help")[1])["data"]["text/plain"], re.MULTILINE)
    assert sorted(listed) == COMMANDS


def test_shows_progress_in_one_place(magic):
    """One display that is written over, at most ten times a second, and holds the answer in the end."""
    begun = time.monotonic()
    _, outputs = magic.run("%thoth slow")
    seconds = time.monotonic() - begun
    shown = [m for m in outputs if m["msg_type"] != "execute_input"]
    assert [m["msg_type"] for m in shown] == ["display_data"] + ["update_display_data"] * (len(shown) - 1)
    assert len({m["content"]["transient"]["display_id"] for m in shown}) == 1
    assert 2 < len(shown) <= 10 * seconds + 3
    assert shown[0]["content"]["data"]["text/plain"] == "index 0/40"
    assert shown[-1]["content"]["data"]["text/plain"] == "slow"


def test_hides_the_registration_from_clients(start, environment):
    kernel = start(env=environment)
    other = kernel.new_client()
    other.wait_for_ready(timeout=30)
    kernel.run("print(1)")
    seen = []
    while other.iopub_channel.msg_ready():
        seen.append(other.get_iopub_msg(timeout=1))
    assert all(m["parent_header"].get("username") != "thoth" for m in seen)
    other.stop_channels()
