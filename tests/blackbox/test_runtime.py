"""Rules know the machine: the described one of --machine, and those that .thoth.yaml names."""

import json

import pytest
from test_env import CARD, CUDA, DEBIAN, describe
from test_lock import Place, notebook

NO_CUDA = "a card without CUDA"
RULES = """units:
  boots:
  - name: CardWithoutCuda
    type: boot
    should_include:
      adviser_pipeline: true
      runtime_environments:
        cuda_version: null
        hardware:
        - gpu_models: {not: [null]}
    run:
      stack_info:
      - {type: WARNING, message: a card without CUDA, link: "https://site.example/cuda"}
"""
ABOUT = "prescription: {name: test, release: '1'}\n"
YAML = """host: other.example
tls_verify: false
runtime_environments:
- name: plain
  operating_system: {name: debian, version: '12'}
  python_version: '3.11'
  hardware: {gpu_model: null}
- name: card
  operating_system: {name: rhel, version: '8'}
  python_version: 3.10
  platform: linux-x86_64
  hardware: {gpu_model: NVIDIA L4}
  cuda_version: null
  recommendation_type: latest
- name: with-cuda
  python_version: '3.11'
  hardware: {gpu_model: NVIDIA L4}
  cuda_version: '12.2'
"""


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    made.write(notebook("!pip install click"))
    made.rules = tmp_path / "rules"
    made.rules.mkdir()
    (made.rules / "_prescription_metadata.yaml").write_text(ABOUT)
    (made.rules / "card.yaml").write_text(RULES)
    return made


def locked(place, *words):
    done = place.lock("--json", "--dry-run", "--prescriptions", str(place.rules), *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def said(document):
    return [message["message"] for message in document["messages"]]


def test_rules_are_included_by_the_described_machine(place, tmp_path):
    bare = describe(tmp_path / "bare", DEBIAN)
    card = describe(tmp_path / "card", DEBIAN, CARD)
    cuda = describe(tmp_path / "cuda", DEBIAN, CARD, CUDA)
    linux = ["--python-version", "3.11.4", "--platform", "linux", "--machine"]
    assert not any(NO_CUDA in text for text in said(locked(place, *linux, str(bare))))
    assert any(NO_CUDA in text for text in said(locked(place, *linux, str(card))))
    assert not any(NO_CUDA in text for text in said(locked(place, *linux, str(cuda))))


def test_nothing_of_a_machine_is_said_of_another_platform(place, tmp_path):
    card = describe(tmp_path / "card", DEBIAN, CARD)
    windows = locked(place, "--python-version", "3.11.4", "--platform", "windows", "--machine", str(card))
    assert not any(NO_CUDA in text for text in said(windows))


def test_an_environment_of_thoth_yaml_changes_which_rules_take_part(place):
    (place.folder / ".thoth.yaml").write_text(YAML)
    card = locked(place, "--environment", "card")
    assert any(NO_CUDA in text for text in said(card))
    assert card["environments"] == ["cp310-linux_x86_64-glibc_2.28"]
    assert not any(NO_CUDA in text for text in said(locked(place, "--environment", "with-cuda")))
    assert not any(NO_CUDA in text for text in said(locked(place)))


def test_keys_of_environments_still_work(place):
    (place.folder / ".thoth.yaml").write_text(YAML)
    document = locked(place, "--environment", "cp312-linux_x86_64-glibc_2.31")
    assert document["environments"] == ["cp312-linux_x86_64-glibc_2.31"]


def test_a_name_that_nobody_knows(place):
    (place.folder / ".thoth.yaml").write_text(YAML)
    done = place.lock("--environment", "crad")
    assert done.returncode == 2 and "crad" in done.stderr and "plain, card, with-cuda" in done.stderr


def test_it_chooses_no_host(place):
    (place.folder / ".thoth.yaml").write_text(YAML)
    document = locked(place)
    assert {package["index"] for package in document["packages"]} == {place.index} or \
        all("other.example" not in json.dumps(package) for package in document["packages"])


@pytest.mark.parametrize("text", ["runtime_environments: [1\n", "runtime_environments:\n- name: 'a b'\n",
                                  "runtime_environments:\n- {name: a, python_version: three}\n"])
def test_a_fault_is_said_and_the_lock_goes_on(place, text):
    (place.folder / ".thoth.yaml").write_text(text)
    done = place.lock("--dry-run")
    assert done.returncode == 0 and "runtime environments are left out" in done.stderr
    assert place.lock("--dry-run", "--environment", "a").returncode == 3


def test_the_first_thoth_extension_kept_it_in_the_notebook(place):
    config = {"runtime_environments": [{"name": "old", "python_version": "3.10", "hardware": {"gpu_model": "x"},
                                        "cuda_version": None}]}
    place.write(notebook("!pip install click", metadata={"language_info": {"name": "python", "version": "3.11.5"},
                                                         "thoth_config": json.dumps(config)}))
    assert any(NO_CUDA in text for text in said(locked(place, "--environment", "old")))
