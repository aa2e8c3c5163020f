from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funds.allocation.elections import Ballot, BallotKind, College, Election, ElectionRefused, VotedProject
from funds.allocation.pabulib import PbRefused, election_of, file_of, read_pb, with_selection, write_pb

META = {
    "description": "Vote du pot commun",
    "country": "France",
    "unit": "Hauts-de-France",
    "instance": "2026-1",
    "rule": "equalshares/add1",
    "date_begin": "2026-09-01",
    "date_end": "2026-09-20",
}
WRITTEN = """META
key;value
description;Un vote
num_projects;2
num_votes;3
budget;1000.50
vote_type;approval
PROJECTS
project_id;cost;name;category
7;600;"Atelier ; vélos";mobilité
8;400.25;Épicerie;None
VOTES
voter_id;vote;age
1;7,8;33
2;8;
3;;71
"""


def written(**changes):
    text = WRITTEN
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_file_is_read_to_the_cent():
    election = election_of(read_pb(WRITTEN))
    assert election.budget_cents == 100_050
    assert election.projects == (VotedProject("7", 60_000, "Atelier ; vélos"), VotedProject("8", 40_025, "Épicerie"))
    assert [dict(ballot.points) for ballot in election.ballots] == [{"7": 1, "8": 1}, {"8": 1}, {}]


def test_reading_then_writing_gives_the_file_back_unchanged():
    assert write_pb(read_pb(WRITTEN)) == WRITTEN


def test_a_file_of_another_system_is_read_with_its_mark_and_line_ends():
    assert election_of(read_pb("\ufeff" + WRITTEN.replace("\n", "\r\n"))) == election_of(read_pb(WRITTEN))


@given(
    chosen=st.lists(st.dictionaries(st.sampled_from(("a", "b", "c")), st.integers(1, 9)), max_size=6),
    costs=st.lists(st.integers(1, 10**9), min_size=3, max_size=3),
    name=st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"))),
    budget=st.integers(0, 10**10),
    colleges=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_an_election_written_and_read_back_is_the_same(chosen, costs, name, budget, colleges):
    projects = tuple(VotedProject(code, cost, name) for code, cost in zip("abc", costs, strict=True))
    groups = (College("x", Fraction(2, 7)), College("y", Fraction(5, 7))) if colleges else ()
    ballots = tuple(Ballot(f"v{n}", points, "xy"[n % 2] if colleges else "") for n, points in enumerate(chosen))
    election = Election(projects, ballots, budget, BallotKind.POINTS, groups)
    text = write_pb(file_of(election, meta=META))
    assert election_of(read_pb(text)) == election
    assert write_pb(read_pb(text)) == text


def test_attributes_are_columns_and_winners_a_column_of_projects():
    election = Election(
        (VotedProject("a", 100), VotedProject("b", 100)),
        (Ballot.approving("v1", ["a"]), Ballot.approving("v2", [])),
        100,
    )
    file = with_selection(file_of(election, meta=META, attributes={"v1": {"age": "41"}}), ["b"])
    text = write_pb(file)
    assert "voter_id;vote;age\nv1;a;41\nv2;;\n" in text
    assert "project_id;cost;name;selected\na;1;;0\nb;1;;1\n" in text
    assert with_selection(read_pb(text), ["a"]).projects.columns == ("project_id", "cost", "name", "selected")


@pytest.mark.parametrize(
    ("vote_type", "row", "points"),
    [
        ("choose-1", "1;7", {"7": 1}),
        ("ordinal", "1;8,7", {"8": 2, "7": 1}),
        ("scoring", "1;8,7;3,0", {"8": 3}),
        ("cumulative", "1;8,7;3.0,5", {"8": 3, "7": 5}),
    ],
)
def test_each_type_of_vote_is_read(vote_type, row, points):
    text = written(a=("approval", vote_type), b=("num_votes;3", "num_votes;1"))
    header = "voter_id;vote;points" if ";" in row[2:] else "voter_id;vote"
    text = text[: text.index("voter_id")] + f"{header}\n{row}\n"
    assert dict(election_of(read_pb(text)).ballots[0].points) == points


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("num_votes;3", "num_votes;4", 5, "annonce 4 lignes ; il y en a 3"),
        ("num_projects;2", "num_projects;1", 4, "annonce 1 lignes"),
        ("budget;1000.50", "budget;mille", 6, "le budget n’est pas un nombre"),
        ("budget;1000.50", "budget;-1", 6, "positif"),
        ("budget;1000.50", "budget;10.505", 6, "deux décimales"),
        ("budget;1000.50", "budget;NaN", 6, "positif"),
        ("vote_type;approval", "vote_type;knapsack", 7, "n’est pas lu"),
        ("2;8;\n", "2;9;\n", 15, "« 9 » n’est pas sur la liste"),
        ("2;8;\n", "2;8,8;\n", 15, "deux fois le même projet"),
        ("2;8;\n", "1;8;\n", 15, "« 1 » a deux bulletins"),
        ("2;8;\n", "2;8\n", 15, "2 cases au lieu de 3"),
        ("8;400.25;", "7;400.25;", 11, "« 7 » est écrit deux fois"),
        ("8;400.25;", "8;0;", 11, "ne coûte rien"),
        ("8;400.25;", "8;12,345;", 11, "deux décimales"),
        ("budget;1000.50", "budget;1000.50\nbudget;3", 7, "« budget » est écrite deux fois"),
        ("key;value", "clef;valeur", 2, "l’en-tête de META"),
        ("description;Un vote", "description;Un;vote", 3, "3 cases"),
        ("voter_id;vote;age", "voter_id;choix;age", 13, "la colonne « vote » manque"),
        ("project_id;cost;name;category", "project_id;cost;name;name", 9, "même nom"),
        ("PROJECTS\n", "VOTES\n", 8, "PROJECTS est attendue avant VOTES"),
        ("META\n", "", 1, "commence par la section META"),
        ('"Atelier ; vélos"', '"Atelier ; vélos', 16, "guillemets"),
    ],
)
def test_an_error_names_its_line_and_its_reason(old, new, line, reason):
    with pytest.raises(PbRefused, match=reason) as refusal:
        election_of(read_pb(written(a=(old, new))))
    assert refusal.value.line == line


def test_a_file_cut_short_or_empty_is_refused():
    for text in ("", "META\n", WRITTEN[: WRITTEN.index("VOTES")]):
        with pytest.raises(PbRefused):
            read_pb(text)


def test_points_that_do_not_match_their_projects_are_refused():
    text = written(a=("approval", "scoring"), b=("voter_id;vote;age", "voter_id;vote;points"))
    with pytest.raises(PbRefused, match="2 projets et 1 nombres de points") as refusal:
        election_of(read_pb(text))
    assert refusal.value.line == 14


def test_a_file_without_its_compulsory_keys_is_not_written():
    election = Election((VotedProject("a", 100),), (), 100)
    with pytest.raises(ElectionRefused, match="description"):
        file_of(election, meta={})
