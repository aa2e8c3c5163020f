"""Prepare the database as its owner: create it, migrate it, and give the application's role its rights and no more."""

from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction
from psycopg import sql

from fres.kernel.append_only import append_only_models, unreadable_models


class Command(BaseCommand):
    help = "Create the database and the application role, migrate (--migrate), give and take rights."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="also run the migrations and make the cache table")

    def handle(self, *args: Any, **options: Any) -> None:
        create_database()
        with connection.cursor() as cursor:
            create_role(cursor)
        if options["migrate"]:
            call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
        tables = set_rights()
        self.stdout.write(f"database prepared: role {settings.APPLICATION_ROLE}, {tables} append-only tables protected")


def create_database() -> None:
    """Create the database named by the settings when the server does not have it yet."""
    parameters = connection.get_connection_params()
    wanted = parameters.pop("dbname")
    for not_for_a_login in ("cursor_factory", "context", "options", "client_encoding", "prepare_threshold"):
        parameters.pop(not_for_a_login, None)
    with psycopg.connect(dbname="postgres", autocommit=True, **parameters) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [wanted]).fetchone() is None:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(wanted)))


def create_role(cursor: Any) -> None:
    """Create the application role and let the present login take it."""
    role = sql.Identifier(settings.APPLICATION_ROLE)
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [settings.APPLICATION_ROLE])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
    cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))


@transaction.atomic
def set_rights() -> int:
    """Let the application read and write everything, but only add to what must never change. Safe to run again.

    One transaction: at no moment does a running site hold a right it must not have.
    Returns: how many tables may only be added to.
    """
    role = sql.Identifier(settings.APPLICATION_ROLE)
    protected = [model._meta.db_table for model in append_only_models()]
    with connection.cursor() as cursor:
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
            "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
        ):
            cursor.execute(sql.SQL(statement).format(role))
        for table in protected:
            cursor.execute(sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), role))
        for model in unreadable_models():
            unreadable = sql.Identifier(model._meta.db_table)
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(unreadable, role))
    return len(protected)
