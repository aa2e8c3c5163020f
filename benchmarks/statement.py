"""Yearly statements: one from its content, and a year end from the database to the disk (design §8).

The yardstick of both is a bare reportlab canvas that draws the same marks (`bare_canvas`), with standard fonts. The
year end is measured on a few hundred savers, between the first batch and the last, and told for 100 000: its cost a
saver does not grow with their number, since a batch asks the same queries and keeps nothing.
"""

import os
import random
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from djmoney.money import Money

from benchmarks import bare_canvas
from benchmarks.rows import Row
from fres.kernel.money import NO_BREAK_SPACE, from_cents, split_cents
from fres.kernel.parameter_seeds import load_seeds
from funds.chart import Purpose
from funds.ledger import Line, account_for, accounts_for, post_entry
from funds.models import (
    Commitment,
    Distribution,
    DistributionLine,
    Fund,
    Holding,
    Instalment,
    LegalEntity,
    Loan,
    Offer,
    Payment,
)
from funds.servicing.amortisation import schedule
from funds.servicing.levies import levies_at
from funds.states import CommitmentState, OfferState, PaymentState
from investors.models import Party, User
from investors.parties import next_party_numbers
from projects.models import Award, Organisation, Project, Theme
from reporting.statements import issuing
from reporting.statements.content import (
    Claim,
    CommitmentLine,
    GiftLine,
    InterestLine,
    Movement,
    Statement,
    ToBePaid,
    YearAhead,
)
from reporting.statements.gathering import Gatherer
from reporting.statements.pdf import render

BATCHES, BATCH = 8, 25
SAVERS, SHARES = 1_600, 8  # 10 transfers a saver: payment, settlement, eight distributions
PROCESSES = 2
YEAR = 2024
YEAR_END_SAVERS = 100_000
ISSUED = datetime(2025, 1, 15, 9, tzinfo=UTC)
ADDRESS = "https://fres.example/verifier/7G2K-0QRD-M4XA/REL/2024/{:06d}"


def run() -> Iterator[Row]:
    yield _one_statement()
    yield from _year_end()


# One statement


def a_statement(number: int) -> Statement:
    """Return an invented statement of two pages, always the same for a number, unlike every other."""
    chance = random.Random(number)
    places = ("Lens", "Roubaix", "Loos-en-Gohelle", "Laon", "Avesnes-sur-Helpe", "Béthune")
    lines, movements, interest = [], [], []
    for rank, months in enumerate((12, 6)):
        project = f"Toit solaire n° {chance.randrange(10**4)}, {chance.choice(places)}"
        opening, repaid = chance.randrange(40_000, 90_000), 0
        for month in range(13 - months, 13):
            cents = chance.randrange(1_000, 2_500)
            repaid += cents
            label = f"Capital de l’échéance n° {month}, {project}"
            movements.append(Movement(date(YEAR, month, 10 + rank), label, -cents))
        gross = chance.randrange(500, 2_000)
        levied = (gross * 128 // 1000, gross * 172 // 1000)
        interest.append(InterestLine(project, f"12,80{NO_BREAK_SPACE}% et 17,20{NO_BREAK_SPACE}%", gross, *levied))
        lines.append(
            CommitmentLine(
                project, "Soleil de Gohelle", chance.choice(places), "CA de Lens-Liévin, Pas-de-Calais",
                "FRES-HDF 2024", f"Prêt à 3,50{NO_BREAK_SPACE}% sur 36 mois", date(2023, 11, 6), opening, 0, 0, 0,
                repaid, opening - repaid, opening - repaid,
            )
        )  # fmt: skip
    net, principal = sum(one.net_cents for one in interest), sum(one.repaid_cents for one in lines)
    lent = sum(one.lent_cents for one in lines)
    receipt = f"801234567/2024/{number:06d}"
    gift = GiftLine(date(YEAR, 3, 4), "Verger partagé", "Fonds Terres du Nord", receipt, 4000, None)
    return Statement(
        year=YEAR, issuer="Coopérative régionale de l’épargne solidaire", issuer_siren="901234567",
        saver_number=f"S{number:06d}", saver_name=f"Camille Delattre {number}",
        saver_address=(f"{number % 200} rue de la Gare", "62300 Lens"), commitments=tuple(lines),
        movements=tuple(sorted(movements, key=lambda one: one.on)), interest=tuple(interest),
        to_be_paid=ToBePaid(0, principal, net, 0, 0, principal + net),
        claim=Claim(), gifts=(gift,),
        years_ahead=(YearAhead(2025, lent // 2, 900), YearAhead(2026, lent - lent // 2, 300)),
        issued_at=ISSUED, issued_on=ISSUED.date(),
    )  # fmt: skip


def drawn(statement: Statement, rank: int) -> bytes:
    """Draw a statement as the year end does."""
    return render(statement, number=f"REL/{YEAR}/{rank:06d}", check_address=ADDRESS.format(rank))


def _one_statement() -> Row:
    ours, bare, pages = [], [], 0
    drawn(a_statement(10**6), 10**6)
    for start in range(0, BATCHES * BATCH, BATCH):
        statements = [(a_statement(number), number) for number in range(start, start + BATCH)]
        bare_canvas.forget_codes()
        ours.append(_timed(partial(_each, drawn, statements), time.process_time) / BATCH)
        recorded = [(bare_canvas.record(partial(drawn, *one)), ADDRESS.format(one[1])) for one in statements]
        pages = len(recorded[0][0])
        bare_canvas.forget_codes()
        bare.append(_timed(partial(_each, bare_canvas.replay, recorded), time.process_time) / BATCH)
    mine, theirs = statistics.median(ours), statistics.median(bare)
    return Row(
        f"statement of {pages} pages from its content, tags and PDF/A included",
        f"{1000 * mine:.2f} ms",
        f"{1000 * theirs:.2f} ms (bare canvas, standard fonts)",
        mine / theirs,
        1.8,
    )


# A year end


def _year_end() -> Iterator[Row]:
    shutil.rmtree(settings.DOCUMENT_ROOT, ignore_errors=True)
    load_seeds(demonstration=True)
    operator, parties = _region(SAVERS)
    moments: list[tuple[int, float, int]] = []

    def noted(line: str) -> None:
        siren, _colon, progress = line.partition(": ")
        if siren == operator.siren:  # other benchmarks leave books behind
            seen = int(progress.partition("/")[0])
            moments.append((seen, time.perf_counter(), _resident_kib()))

    tally = issuing.issue_statements(year=YEAR, at=ISSUED, processes=PROCESSES, say=noted)
    if tally.problems or tally.issued < len(parties):
        raise RuntimeError(f"{tally.issued} statements issued, problems: {tally.problems[:3]}")
    # The first batches fill caches and start processes; the last one is written after its line.
    first, last = moments[2], moments[-1]
    mine = (last[1] - first[1]) / (last[0] - first[0])
    theirs, pages = _bare(operator, parties)
    hours = YEAR_END_SAVERS * mine / 3600
    yield Row(
        f"year end from database to disk, {tally.issued} savers, {PROCESSES} processes "
        f"({YEAR_END_SAVERS} savers at this pace: {hours:.2f} h)",
        f"{1000 * mine:.2f} ms a saver",
        f"{1000 * theirs:.2f} ms (bare canvas, {pages:.1f} pages, as many processes, nothing stored)",
        mine / theirs,
        2.5,
    )
    yield Row(
        f"memory of the year end after {last[0]} savers, beside that after {first[0]}",
        f"{last[2] // 1024} MiB",
        f"{first[2] // 1024} MiB",
        last[2] / first[2],
        1.1,
    )
    shutil.rmtree(settings.DOCUMENT_ROOT, ignore_errors=True)


def _bare(operator: LegalEntity, parties: Sequence[Party]) -> tuple[float, float]:
    """Return the seconds a statement takes on a bare canvas with the same number of processes, and its pages."""
    sample = [one.pk for one in parties[: 4 * BATCH]]
    gathered = Gatherer(entity=operator, year=YEAR).statements(sample, issued_at=ISSUED)
    recorded = [
        (bare_canvas.record(partial(drawn, one.statement, rank)), ADDRESS.format(rank))
        for rank, one in enumerate(gathered)
    ]
    pages = sum(len(calls) for calls, _address in recorded) / len(recorded)
    halves = [recorded[rank::PROCESSES] for rank in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        list(pool.map(_replayed, halves))  # start the processes and their caches
        times = [max(pool.map(_replayed, halves)) for _ in range(5)]
    return statistics.median(times) / len(recorded), pages


def _replayed(recorded: Sequence[tuple[bare_canvas.Pages, str]]) -> float:
    bare_canvas.forget_codes()
    return _timed(partial(_each, bare_canvas.replay, recorded))


def _resident_kib() -> int:
    """Return the memory this process holds now; Linux only, as the bench machines are."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def _each(work: Callable[..., bytes], arguments: Sequence[tuple]) -> None:
    for one in arguments:
        work(*one)


def _timed(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    began = clock()
    work()
    return clock() - began


@transaction.atomic
def _region(savers: int) -> tuple[LegalEntity, list[Party]]:
    """Write a region where each saver lent once and had eight instalments back in the year; return operator, savers."""
    operator, carrier = (
        LegalEntity.objects.create(party=_legal(name, siren), role=role, name=name, siren=siren)
        for name, siren, role in (
            ("Coopérative régionale", "901234568", LegalEntity.Role.OPERATOR),
            ("Fonds régional", "901234576", LegalEntity.Role.FUND),
        )
    )
    fund = Fund.objects.create(entity=carrier, operator=operator, name="Fonds", region_code="32", accepted_labels=[])
    parties = Party.objects.bulk_create(
        Party(
            number=number, kind=Party.Kind.PERSON, family_name=f"Delattre {rank}", given_names="Camille",
            birth_date=date(1980, 5, 17), birth_place="Lens", birth_country="FR", postal_code="62300", city="Lens",
            address_line=f"{rank} rue de la Gare", created_at=ISSUED,
        )
        for rank, number in enumerate(next_party_numbers(Party.Kind.PERSON, savers))
    )  # fmt: skip
    size = 200
    for rank, start in enumerate(range(0, savers, size)):
        _loan(fund, rank, parties[start : start + size])
    return operator, parties


def _legal(name: str, siren: str) -> Party:
    return Party.objects.create(
        number=next_party_numbers(Party.Kind.LEGAL)[0], kind=Party.Kind.LEGAL, legal_name=name, siren=siren,
        legal_form="SCIC SA", created_at=ISSUED,
    )  # fmt: skip


def _offer(fund: Fund, rank: int) -> Offer:
    organisation = Organisation.objects.create(
        party=_legal(f"Soleil de Gohelle {rank}", f"{810_000_000 + rank}"), slug=f"soleil-{rank}",
        name=f"Soleil de Gohelle {rank}", purpose="Énergie", commune_code="62498",
    )  # fmt: skip
    project = Project.objects.create(
        slug=f"toit-{rank}", organisation=organisation, title=f"Toit solaire de l’école {rank}", summary="Un toit",
        purpose="Des panneaux", theme=Theme.ENERGY, commune_code="62498",
    )  # fmt: skip
    award = Award.objects.create(
        subject_type=Award.Subject.PROJECT, subject_uuid=project.uuid, label="FRES-HDF", label_version="2024",
        valid_from=date(2023, 1, 1),
    )  # fmt: skip
    return Offer.objects.create(
        slug=f"offre-{rank}", fund=fund, project=project, award=award, books=fund.operator, lane="PROJECT",
        paying_agent=fund.operator, instrument="LOAN", state=OfferState.SUCCEEDED, minimum=Money(1, "EUR"),
        maximum=Money(5_000_000, "EUR"), ticket_minimum=Money(1, "EUR"), ticket_maximum=Money(5_000, "EUR"),
        opens_at=datetime(2023, 6, 1, tzinfo=UTC), closes_at=datetime(2023, 12, 1, tzinfo=UTC),
        settles_on=date(2023, 12, 20), decided_at=datetime(2023, 12, 5, 9, tzinfo=UTC), rate_bp=350, months=36,
        risks="Vous pouvez perdre la somme prêtée.",
    )  # fmt: skip


def _loan(fund: Fund, rank: int, parties: Sequence[Party]) -> None:
    offer, user = _offer(fund, rank), User.objects.create_user(f"banc{rank}@exemple.invalid")
    paid_at, settled_at = (datetime(2023, month, 6, 9, tzinfo=UTC) for month in (11, 12))
    cents = {party.pk: 10_000 + 137 * (party.pk % 300) for party in parties}
    commitments = Commitment.objects.bulk_create(
        Commitment(
            offer=offer, saver=party, by=user, amount=from_cents(cents[party.pk]), state=CommitmentState.SETTLED,
            committed_at=paid_at, cleared_at=paid_at, settled_at=settled_at,
        )
        for party in parties
    )  # fmt: skip
    payments = Payment.objects.bulk_create(
        Payment(
            commitment=one, amount=one.amount, state=PaymentState.CLEARED, asked_at=paid_at, cleared_at=paid_at,
            means="card",
        )
        for one in commitments
    )  # fmt: skip
    books, owner = offer.books, offer.project.organisation.party
    held = accounts_for(books, Purpose.SAVER_MONEY, parties=parties, offer=offer)
    provider, owed = (
        account_for(books, Purpose.PROVIDER),
        account_for(books, Purpose.HOLDER_MONEY, party=owner, offer=offer),
    )
    for payment, party in zip(payments, parties, strict=True):
        line = Line(provider, held[party.pk], cents[party.pk])
        _post(offer, f"payment:{payment.uuid}:cleared", [line], paid_at, ("payment", payment.uuid))
    _post(
        offer,
        f"offer:{offer.uuid}:success",
        [Line(held[party.pk], owed, cents[party.pk]) for party in parties],
        settled_at,
        ("offer", offer.uuid),
    )
    loan = Loan.objects.create(
        offer=offer, borrower=owner, principal_cents=sum(cents.values()), rate_bp=350, months=36, signed_at=settled_at
    )
    holdings = Holding.objects.bulk_create(
        Holding(loan=loan, commitment=one, party_id=one.saver_id, principal_cents=cents[one.saver_id])
        for one in commitments
    )
    instalments = Instalment.objects.bulk_create(
        Instalment(
            uuid=uuid4(), loan=loan, rank=one.rank, due_on=one.due_on, principal_cents=one.principal_cents,
            interest_cents=one.interest_cents, balance_after_cents=one.balance_after_cents,
        )
        for one in schedule(
            principal_cents=loan.principal_cents, rate_bp=350, months=36, first_due_on=date(YEAR, 1, 10)
        )
    )  # fmt: skip
    for instalment in instalments[:SHARES]:
        _share(offer, loan, instalment, holdings, parties)


def _share(
    offer: Offer, loan: Loan, instalment: Instalment, holdings: Sequence[Holding], parties: Sequence[Party]
) -> None:
    at = datetime(YEAR, instalment.rank, 10, 9, tzinfo=UTC)
    rates, books = levies_at(at.date()), offer.books
    weights = {one.party_id: one.principal_cents for one in holdings}
    principal = split_cents(instalment.principal_cents, weights)
    interest = split_cents(instalment.interest_cents, weights)
    levies = {pk: rates.on(interest[pk]) for pk in weights}
    received = account_for(books, Purpose.INSTALMENTS, party=loan.borrower, offer=offer)
    due = accounts_for(books, Purpose.TO_BE_PAID, parties=parties, offer=offer)
    distribution = Distribution.objects.create(instalment=instalment, distributed_at=at)
    DistributionLine.objects.bulk_create(
        DistributionLine(
            distribution=distribution, holding=one, principal_cents=principal[one.party_id],
            interest_cents=interest[one.party_id], income_tax_cents=levies[one.party_id][0],
            social_levy_cents=levies[one.party_id][1], rates_used=rates.rows,
        )
        for one in holdings
    )  # fmt: skip
    lines = [Line(received, due[pk], principal[pk] + interest[pk] - sum(levies[pk])) for pk in weights]
    for place, purpose in enumerate((Purpose.INCOME_TAX_WITHHELD, Purpose.SOCIAL_LEVIES)):
        withheld = sum(both[place] for both in levies.values())
        lines += [Line(received, account_for(books, purpose), withheld)] if withheld else []
    _post(offer, f"distribution:{distribution.uuid}", lines, at, ("distribution", distribution.uuid))


def _post(offer: Offer, key: str, lines: Sequence[Line], at: datetime, source: tuple) -> None:
    on = at.date()
    post_entry(
        entity=offer.books, journal="PS", key=key, transfers=lines, accounting_date=on, value_date=on,
        label=key[:60], piece_ref=key[:80], piece_date=on, source=source, at=at,
    )  # fmt: skip
