"""A bundle recomputes to the same bytes anywhere, and says so when it was touched."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile

import pytest
from django.core.management import call_command
from hypothesis import given, settings

from funds.allocation.bundle import BundleRefused, make_bundle, read_files, recompute
from funds.allocation.codec import FileRefused, read_problem, to_bytes
from funds.allocation.problem import sorted_problem
from tests.funds.allocation.scenes import RURAL, demand, problem, random_problem, rule

ASKED = problem(
    demand("town", 1_000, 100_000, 900), demand("field", 1_000, 50_000, 100, places=RURAL),
    demand("late", 9_000, 9_000, 1),
    rules=(rule("ZONE_FLOOR", {"levels": ["FRR"], "share": "1/5"}, base="COMMITTED"),),
)  # fmt: skip


@pytest.fixture(scope="module")
def content() -> bytes:
    return make_bundle(ASKED, {"round.pb": b"META\n"}).content


def rezipped(files: dict[str, bytes], *, with_hashes: bool = False) -> bytes:
    if with_hashes:
        manifest = json.loads(files["manifest.json"])
        manifest["sha256"] = {
            name: hashlib.sha256(part).hexdigest() for name, part in files.items() if name != "manifest.json"
        }
        files["manifest.json"] = to_bytes(manifest)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in files.items():
            archive.writestr(name, part)
    return buffer.getvalue()


@settings(max_examples=40, deadline=None)
@given(random_problem())
def test_a_problem_comes_back_equal_from_its_file(asked):
    assert read_problem(to_bytes(sorted_problem(asked))) == sorted_problem(asked)


def test_the_same_problem_gives_the_same_bytes_and_recomputes_to_them(content):
    assert make_bundle(ASKED, {"round.pb": b"META\n"}).content == content
    assert recompute(content).content == content


def test_it_recomputes_where_django_is_not_set_up(content, tmp_path):
    file = tmp_path / "round.zip"
    file.write_bytes(content)
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    code = (
        "import sys; from funds.allocation.recompute import main; status = main(sys.argv[1:]);"
        "sys.exit(status or 'django' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(file)], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "same bytes" in run.stdout


def test_the_command_recomputes_and_refuses_without_a_database(content, tmp_path, capsys):
    file = tmp_path / "round.zip"
    file.write_bytes(content)
    call_command("allocate", bundle=file)
    call_command("allocate", bundle=file, check=True)
    assert "same bytes" in capsys.readouterr().out
    file.write_bytes(content[:-9])
    with pytest.raises(SystemExit):
        call_command("allocate", bundle=file)


def test_an_amount_changed_in_the_result_is_refused(content):
    files = read_files(content)
    result = json.loads(files["result.json"])
    result["allocation"]["shares"][0]["amount_cents"] += 1
    files["result.json"] = to_bytes(result)
    with pytest.raises(BundleRefused, match=r"result\.json"):
        recompute(rezipped(dict(files)))
    with pytest.raises(BundleRefused, match=r"result\.json"):
        recompute(rezipped(dict(files), with_hashes=True))


@pytest.mark.parametrize("name", ["problem.json", "reasons.json", "election/round.pb"])
def test_any_file_touched_is_refused(content, name):
    files = read_files(content)
    with pytest.raises(BundleRefused, match=name):
        recompute(rezipped({**files, name: files[name] + b" "}))


def test_a_file_missing_or_added_is_refused(content):
    files = read_files(content)
    with pytest.raises(BundleRefused):
        recompute(rezipped({name: part for name, part in files.items() if name != "reasons.json"}))
    with pytest.raises(BundleRefused):
        recompute(rezipped({**files, "more.txt": b""}))
    with pytest.raises(BundleRefused):
        recompute(b"nothing")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"demands": [{"project": "a", "minimum_cents": 1.5, "maximum_cents": 2}]}, r"demands\[0\].minimum_cents"),
        ({"demands": [{"project": "a"}]}, r"demands\[0\]: missing"),
        ({"colour": 1}, "colour"),
        ({"at": "soon"}, "at"),
        ({"rules": [{"kind": "NOTHING"}]}, r"rules\[0\]"),
    ],
)
def test_a_problem_file_that_says_what_it_should_not_is_refused_with_the_path(change, path):
    plain = json.loads(to_bytes(ASKED))
    with pytest.raises(FileRefused, match=path):
        read_problem(json.dumps({**plain, **change}).encode())
