"""One instalment shared among 10 000 savers, beside `COPY` of the same rows, with the same indexes (design §8).

Ours is the whole operation: locks, holders and their tax residences read, cents split, levies withheld, accounts made,
lines and entry written with their constraints and foreign keys, one commit. The yardstick copies the rows that this
wrote (lines and transfers) into bare tables with the same indexes, and knows nothing of how they were found.
"""

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from djmoney.money import Money

from benchmarks.rows import Row
from fres.kernel.parameter_seeds import load_seeds
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.models import (
    Commitment,
    Distribution,
    DistributionLine,
    Fund,
    Holding,
    Instalment,
    InstalmentPayment,
    LegalEntity,
    Loan,
    Offer,
    Payment,
    Transfer,
)
from funds.servicing.amortisation import schedule
from funds.servicing.distribution import distribute_instalment
from funds.states import CommitmentState, FinancingState, OfferState, PaymentState
from investors.models import Party, TaxResidence, User
from projects.models import Award, Organisation, Project

SAVERS = 10_000
ROUNDS = 5
TARGET = 2.5
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ON = date(2026, 11, 23)


def run() -> Iterator[Row]:
    load_seeds(demonstration=True)
    loan = a_loan()
    instalments = list(loan.instalments.order_by("rank").select_related("loan__offer"))
    ours, theirs = [], []
    for instalment in instalments[: ROUNDS + 1]:
        receive(instalment)
        started = time.perf_counter()
        distribution = distribute_instalment(instalment=instalment, at=AT + timedelta(minutes=instalment.rank))
        ours.append(time.perf_counter() - started)
        theirs.append(copied(distribution))
    # The first one also makes the savers' accounts, which the next ones find: told apart.
    first, first_copied = ours.pop(0), theirs.pop(0)
    mine, other = statistics.median(ours), statistics.median(theirs)
    for what, one, two in (
        (f"sharing an instalment among {SAVERS} savers", mine, other),
        ("the first of a loan, which makes the savers’ accounts", first, first_copied),
    ):
        yield Row(
            what=what, ours=f"{one * 1000:.0f} ms", yardstick=f"COPY {two * 1000:.0f} ms", ratio=one / two,
            limit=TARGET, at_most=True,
        )  # fmt: skip


@transaction.atomic
def a_loan() -> Loan:
    """Return a loan of a million euros held by ten thousand residents, with its schedule."""
    party = Party.objects.create(number="P980001", kind="LEGAL", legal_name="Opérateur", siren="980000001")
    owner = Party.objects.create(number="P980002", kind="LEGAL", legal_name="Soleil", siren="980000002")
    books = LegalEntity.objects.create(party=party, role="OPERATOR", name="Opérateur", siren="980000001")
    carrier = Party.objects.create(number="P980003", kind="LEGAL", legal_name="Fonds", siren="980000003")
    entity = LegalEntity.objects.create(party=carrier, role="FUND", name="Fonds", siren="980000003")
    fund = Fund.objects.create(entity=entity, operator=books, name="Fonds", region_code="32", accepted_labels=[])
    organisation = Organisation.objects.create(party=owner, slug="soleil", name="Soleil", purpose="Le soleil.")
    project = Project.objects.create(
        slug="toit", organisation=organisation, title="Toit", summary="Un toit.", purpose="Poser.", theme="energy"
    )
    award = Award.objects.create(
        subject_type="project", subject_uuid=project.uuid, label="FRES", label_version="2024", valid_from=ON
    )
    amount = Money(100, "EUR")
    offer = Offer.objects.create(
        slug="toit", fund=fund, project=project, award=award, books=books, paying_agent=books, lane="PROJECT",
        instrument="LOAN", rate_bp=350, months=24, minimum=amount, maximum=amount * SAVERS, ticket_minimum=amount,
        ticket_maximum=amount, opens_at=AT - timedelta(days=60), closes_at=AT - timedelta(days=30),
        settles_on=ON, state=OfferState.SUCCEEDED, decided_at=AT, financing_state=FinancingState.MONITORED, risks="R",
    )  # fmt: skip
    user = User.objects.create_user(email="saver@example.invalid")
    savers = Party.objects.bulk_create(
        [Party(number=f"S{n:06d}", kind="PERSON", family_name=f"Nom{n}", given_names="Camille") for n in range(SAVERS)],
        batch_size=2_000,
    )
    TaxResidence.objects.bulk_create(
        [TaxResidence(party=one, country="FR", valid_from=date(2020, 1, 1), declared_at=AT) for one in savers],
        batch_size=2_000,
    )
    commitments = Commitment.objects.bulk_create(
        [
            Commitment(
                offer=offer, saver=saver, by=user, amount=Money(50 + rank % 101, "EUR"), state=CommitmentState.SETTLED,
                committed_at=AT, cleared_at=AT, settled_at=AT,
            )
            for rank, saver in enumerate(savers)
        ],
        batch_size=2_000,
    )  # fmt: skip
    principal = sum(int(one.amount.amount * 100) for one in commitments)
    loan = Loan.objects.create(
        offer=offer, borrower=owner, principal_cents=principal, rate_bp=350, months=24, signed_at=AT, first_due_on=ON
    )
    Holding.objects.bulk_create(
        [
            Holding(loan=loan, commitment=one, party_id=one.saver_id, principal_cents=int(one.amount.amount * 100))
            for one in commitments
        ],
        batch_size=2_000,
    )
    Instalment.objects.bulk_create(
        [
            Instalment(
                loan=loan, rank=line.rank, due_on=line.due_on, principal_cents=line.principal_cents,
                interest_cents=line.interest_cents, balance_after_cents=line.balance_after_cents,
            )
            for line in schedule(principal_cents=principal, rate_bp=350, months=24, first_due_on=ON)
        ]
    )  # fmt: skip
    return loan


@transaction.atomic
def receive(instalment: Instalment) -> None:
    """Write that an instalment came in."""
    offer, books = instalment.loan.offer, instalment.loan.offer.books
    payment = Payment.objects.create(
        instalment=instalment, amount=Money(instalment.total_cents, "EUR") / 100, asked_at=AT, cleared_at=AT,
        state=PaymentState.CLEARED,
    )  # fmt: skip
    InstalmentPayment.objects.create(instalment=instalment, payment=payment, received_at=AT)
    received = account_for(books, Purpose.INSTALMENTS, party=instalment.loan.borrower, offer=offer)
    post_entry(
        entity=books, journal="PS", key=f"payment:{payment.uuid}:cleared",
        transfers=[Line(account_for(books, Purpose.PROVIDER), received, instalment.total_cents)], accounting_date=ON,
        value_date=ON, label="Échéance reçue", piece_ref=str(payment.uuid), piece_date=ON,
        source=("payment", payment.uuid), at=AT,
    )  # fmt: skip


def copied(distribution: Distribution) -> float:
    """Return the seconds that `COPY` and its commit take for the rows that sharing wrote."""
    rows = {
        DistributionLine: DistributionLine.objects.filter(distribution=distribution),
        Transfer: Transfer.objects.filter(entry__key=f"distribution:{distribution.uuid}"),
    }
    texts = {}
    with connection.cursor() as cursor:
        for model, chosen in rows.items():
            table = model._meta.db_table
            query, parameters = chosen.values("pk").query.sql_with_params()
            cursor.execute(f"DROP TABLE IF EXISTS bench_{table}")
            cursor.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING INDEXES)")
            with cursor.copy(f"COPY (SELECT * FROM {table} WHERE id IN ({query})) TO STDOUT", parameters) as out:
                texts[table] = b"".join(bytes(part) for part in out)
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, text in texts.items():
            with cursor.copy(f"COPY bench_{table} FROM STDIN") as into:
                into.write(text)
    return time.perf_counter() - started
