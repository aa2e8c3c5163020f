import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from psycopg import sql

from fres.kernel.append_only import append_only_models
from fres.kernel.management.commands.prepare_database import create_database, create_role, set_rights
from fres.kernel.models import Document, DocumentSeries, Parameter, TransitionLog

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_application(settings):
    """Take the application's role, as every session of the site does."""
    with connection.cursor() as cursor:
        create_role(cursor)
        set_rights()
        cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(settings.APPLICATION_ROLE)))
        yield cursor
        cursor.execute("RESET ROLE")


def rights(cursor, table):
    wanted = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
    cursor.execute("SELECT " + ", ".join(f"has_table_privilege(%s, '{right}')" for right in wanted), [table] * 5)
    return {right for right, is_held in zip(wanted, cursor.fetchone(), strict=True) if is_held}


def test_what_must_never_change_can_only_be_read_and_added_to(as_application):
    tables = [model._meta.db_table for model in append_only_models()]
    assert [table for table in tables if rights(as_application, table) != {"SELECT", "INSERT"}] == []


def test_documents_logs_and_trails_are_among_what_never_changes():
    tables = {model._meta.db_table for model in append_only_models()}
    assert {"kernel_document", "kernel_documentvoid", "kernel_transitionlog", "kernel_parameterevent"} <= tables
    assert {"funds_entry", "funds_transfer", "funds_seal"} <= tables


@pytest.mark.parametrize("model", [Parameter, DocumentSeries])
def test_the_rest_is_read_and_written_but_never_emptied(as_application, model):
    assert rights(as_application, model._meta.db_table) == {"SELECT", "INSERT", "UPDATE", "DELETE"}


def test_the_application_cannot_change_the_schema(as_application):
    as_application.execute("SELECT has_schema_privilege('public', 'CREATE')")
    assert as_application.fetchone() == (False,)


@pytest.mark.parametrize("model", [Document, TransitionLog])
def test_the_database_itself_says_no(as_application, model):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        as_application.execute(f"TRUNCATE {model._meta.db_table}")


def test_a_right_given_by_hand_is_taken_back(settings):
    role = sql.Identifier(settings.APPLICATION_ROLE)
    with connection.cursor() as cursor:
        create_role(cursor)
        cursor.execute(sql.SQL("GRANT ALL ON kernel_document TO {}").format(role))
        set_rights()
        cursor.execute("SELECT has_table_privilege(%s, 'kernel_document', 'UPDATE')", [settings.APPLICATION_ROLE])
        assert cursor.fetchone() == (False,)


def test_preparing_twice_is_safe(capsys):
    create_database()
    call_command("prepare_database")
    call_command("prepare_database")
    count = len(append_only_models())
    assert capsys.readouterr().out.endswith(f"role fres_app, {count} append-only tables protected\n")
