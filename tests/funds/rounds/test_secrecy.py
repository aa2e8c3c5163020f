"""The application's own role may cast ballots and destroy links; it may not read who cast which."""

import pytest
from django.db import ProgrammingError, connection, transaction
from psycopg import sql

from fres.kernel.append_only import unreadable_models
from fres.kernel.management.commands.prepare_database import create_role, set_rights
from funds.models import Ballot, BallotLink
from funds.rounds.counting import destroy_links
from tests.funds.rounds.scenes import DURING, a_round, opened, vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_application(settings):
    of, parties = a_round()
    of = opened(of)
    with connection.cursor() as cursor:
        create_role(cursor)
        set_rights()
        cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(settings.APPLICATION_ROLE)))
        yield of, parties
        cursor.execute("RESET ROLE")


def test_the_link_between_the_roll_and_ballots_is_the_one_table_nobody_reads():
    assert unreadable_models() == [BallotLink]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM funds_ballotlink",
        "UPDATE funds_ballotlink SET pseudonym = gen_random_uuid()",
        "DELETE FROM funds_ballotlink",
        "COPY funds_ballotlink TO STDOUT",
    ],
)
def test_the_application_cannot_read_or_change_the_link(as_application, statement, clock):
    of, parties = as_application
    vote(of, parties[0], ["P01"])
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_the_application_casts_changes_and_destroys_through_the_two_functions(as_application, clock):
    clock.move_to(DURING)
    of, parties = as_application
    vote(of, parties[0], ["P01"])
    vote(of, parties[0], ["P02"])
    vote(of, parties[1], ["P03"])
    assert Ballot.objects.count() == 3
    assert Ballot.objects.values("pseudonym").distinct().count() == 2
    assert destroy_links(of) == 2
