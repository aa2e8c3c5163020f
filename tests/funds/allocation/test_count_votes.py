import io
import json

import pytest
from django.core.management import CommandError, call_command

from funds.allocation.pabulib import file_of, read_pb, write_pb
from tests.funds.allocation.test_equal_shares import EXAMPLE
from tests.funds.allocation.test_pabulib import META


@pytest.fixture
def election_file(tmp_path):
    path = tmp_path / "election.pb"
    path.write_text(write_pb(file_of(EXAMPLE, meta=META)), encoding="utf-8")
    return path


def counted(election_file, *options):
    out, folder = io.StringIO(), election_file.parent / "out"
    call_command("count_votes", f"--election={election_file}", f"--out={folder}", *options, stdout=out)
    return out.getvalue(), folder


def test_the_command_prints_winners_and_reasons_and_writes_what_it_used(election_file):
    printed, folder = counted(election_file, "--completion=ADD1E")
    assert "1. B: 4000, 3 effective votes; paid by its supporters" in printed
    assert "– A: 6000; 3 supporters, together 2666.67 short with real shares, more than the budget has left" in printed
    assert printed.splitlines()[-1] == "counted: 5 ballots, 2 projects funded for 7500 of 10000, 417 raises"
    assert json.loads((folder / "result.json").read_text())["virtual_budget_cents"] == "1208500"
    assert json.loads((folder / "rules.json").read_text())["completion"] == "ADD1E"
    assert read_pb((folder / "result.pb").read_text()).projects.columns[-1] == "selected"


def test_the_rules_it_wrote_give_the_same_bytes_again(election_file):
    _printed, folder = counted(election_file, "--ties=higher_cost")
    first = [(folder / name).read_bytes() for name in ("result.json", "rules.json", "result.pb")]
    counted(election_file, f"--rules={folder / 'rules.json'}")
    assert first == [(folder / name).read_bytes() for name in ("result.json", "rules.json", "result.pb")]


def test_a_tie_and_a_bad_file_end_in_one_line_and_write_nothing(election_file):
    with pytest.raises(CommandError, match="A, B"):
        counted(election_file, "--ties=more_approvers")
    election_file.write_text("META\n")
    with pytest.raises(CommandError, match="Ligne 1"):
        counted(election_file)
    assert not (election_file.parent / "out").exists()
