"""What each entity holds and owes, from its books: for the public page and for `check_books` (ruling A1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import from_cents
from funds.chart import Purpose, heading
from funds.models import BooksCheck, Fund, LegalEntity, Seal
from funds.states import COUNTED_CLEARED, RESERVING

LIQUID = (Purpose.PROVIDER, Purpose.BANK)
LEVIES = (Purpose.INCOME_TAX_WITHHELD, Purpose.SOCIAL_LEVIES, Purpose.VAT)
OWED = (
    Purpose.SAVER_MONEY,
    Purpose.REFUND_TO_SEND,
    Purpose.HOLDER_MONEY,
    Purpose.HELD_TRANCHES,
    Purpose.INSTALMENTS,
    Purpose.TO_BE_PAID,
    *LEVIES,
)
NIGHTS = 30
FAILURES_SHOWN = 100


@dataclass(frozen=True)
class Position:
    """What an entity holds, for others and of its own, and what it owes to others, in cents."""

    liquid_cents: int
    claims_cents: int
    owed_cents: int

    @property
    def held_cents(self) -> int:
        return self.liquid_cents + self.claims_cents


@dataclass(frozen=True)
class Amount:
    label: str
    amount: Money


@dataclass(frozen=True)
class Compartment:
    """Money of one kind: what stands for it, and to whom it is owed."""

    name: str
    note: str
    held: tuple[Amount, ...]
    owed: tuple[Amount, ...]

    @property
    def held_total(self) -> Money:
        return _total(self.held)

    @property
    def owed_total(self) -> Money:
        return _total(self.owed)

    @property
    def gap(self) -> Money:
        return self.held_total - self.owed_total


@dataclass(frozen=True)
class Total:
    held: Money
    owed: Money

    @property
    def gap(self) -> Money:
        return self.held - self.owed


@dataclass(frozen=True)
class FundLine:
    """One fund: cleared, reserved and not cleared, paid to projects, owed to its savers today."""

    name: str
    collected: Money
    committed: Money
    invested: Money
    owed: Money


@dataclass(frozen=True)
class EntityBlock:
    """One entity's books. `rows` are what it holds for others, then what is its own."""

    name: str
    siren: str
    role: str
    rows: tuple[Compartment, ...]
    total: Total
    funds: tuple[FundLine, ...]
    others: Total
    liquid: Money
    lent: Money


@dataclass(frozen=True)
class Totals:
    """Over all entities, what is held for others and owed to them; their own funds are left out."""

    held: Money
    owed: Money
    bank: Money
    in_projects: Money

    @property
    def gap(self) -> Money:
        return self.held - self.owed


@dataclass(frozen=True)
class Sealed:
    first: int
    last: int
    sealed_at: datetime
    hash: str


@dataclass(frozen=True)
class Night:
    on: date
    is_right: bool


@dataclass(frozen=True)
class ToldCheck:
    """A kept check of the books, its problems told without row numbers or amounts."""

    checked_at: datetime
    entries: int
    transfers: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Solvency:
    check: ToldCheck | None
    sealed: Sealed | None
    totals: Totals
    entities: tuple[EntityBlock, ...]
    nights: tuple[Night, ...]
    failures: tuple[ToldCheck, ...]


def solvency(*, on: date) -> Solvency:
    """Return everything the public page of the books shows, as of now; `on` is the last night of the calendar."""
    entities = tuple(_block(entity) for entity in LegalEntity.objects.order_by("role", "pk"))
    last = BooksCheck.objects.order_by("-checked_at", "-pk").first()
    failed = BooksCheck.objects.exclude(problems=[]).order_by("-checked_at", "-pk")[:FAILURES_SHOWN]
    return Solvency(
        check=_told(last) if last else None,
        sealed=_sealed(),
        totals=Totals(
            held=_sum(block.others.held for block in entities),
            owed=_sum(block.others.owed for block in entities),
            bank=_sum(block.liquid for block in entities),
            in_projects=_sum(block.lent for block in entities),
        ),
        entities=entities,
        nights=_nights(on),
        failures=tuple(_told(check) for check in failed),
    )


def balances_by_number(entity: LegalEntity) -> dict[str, int]:
    """Return the balance of each account number of an entity, all owners together: debits less credits, in cents."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT account.number, sum(side.cents)::bigint FROM (
                SELECT account_id, sum(cents) AS cents FROM (
                    SELECT debit_id AS account_id, amount_cents AS cents FROM funds_transfer
                    UNION ALL SELECT credit_id, -amount_cents FROM funds_transfer
                ) both_sides GROUP BY account_id
            ) side JOIN funds_account account ON account.id = side.account_id
            WHERE account.entity_id = %s GROUP BY account.number""",
            [entity.pk],
        )
        return {number: int(cents) for number, cents in cursor.fetchall()}


def position(entity: LegalEntity, balances: Mapping[str, int]) -> Position:
    """Return what an entity holds and owes, from its balances by number."""
    return Position(
        liquid_cents=_of(entity, balances, LIQUID),
        claims_cents=_of(entity, balances, (Purpose.CLAIM_ON_SAVER,)),
        owed_cents=-_of(entity, balances, OWED),
    )


def _of(entity: LegalEntity, balances: Mapping[str, int], purposes: Sequence[Purpose]) -> int:
    return sum(balances.get(heading(entity.chart, purpose).number, 0) for purpose in purposes)


def _block(entity: LegalEntity) -> EntityBlock:
    balances = balances_by_number(entity)
    place = position(entity, balances)
    kinds = (
        (_("Argent reçu, campagne non décidée"), _("Rendu si la campagne échoue"), (Purpose.SAVER_MONEY,),
         _("Dû aux épargnants")),
        (_("Remboursements à virer"), _("Moyen de paiement fermé, virement approuvé"), (Purpose.REFUND_TO_SEND,),
         _("Dû aux épargnants")),
        (_("À verser aux projets"), _("Campagnes réussies"), (Purpose.HOLDER_MONEY,), _("Dû aux projets")),
        (_("Retenu jusqu’à une étape"), _("Libéré par le vote des prêteurs"), (Purpose.HELD_TRANCHES,),
         _("Dû aux projets")),
        (_("Échéances reçues, à répartir"), _("Payées par les projets"), (Purpose.INSTALMENTS,), _("Dû aux prêteurs")),
        (_("À verser aux épargnants"), _("Réparti, pas encore viré"), (Purpose.TO_BE_PAID,), _("Dû aux épargnants")),
        (_("Impôts retenus"), _("Pour le compte de l’État"), LEVIES, _("Dû au Trésor public")),
    )  # fmt: skip
    rows: list[Compartment] = []
    liquid_left, claims_left = place.liquid_cents, place.claims_cents
    for name, note, purposes, creditor in kinds:
        owed = -_of(entity, balances, purposes)
        if owed == 0:
            continue
        liquid = max(0, min(liquid_left, owed))
        claims = max(0, min(claims_left, owed - liquid))
        liquid_left, claims_left = liquid_left - liquid, claims_left - claims
        rows.append(Compartment(name, note, _held(liquid, claims), (Amount(creditor, from_cents(owed)),)))
    lent, registered = _loans(entity)
    if lent or registered:
        rows.append(
            Compartment(
                _("Prêts en cours"),
                _("L’argent des prêteurs, chez les projets"),
                (Amount(_("Dû par les projets"), from_cents(lent)),),
                (Amount(_("Droits des prêteurs, au registre"), from_cents(registered)),),
            )
        )
    others = _total_of(rows)
    for_others = place.liquid_cents - liquid_left
    own = place.held_cents - place.owed_cents
    if balances:
        name, note = _("Argent de l’entité"), _("Capital et résultat, frais payés")
        owned = (Amount(_("Fonds propres"), from_cents(own)),)
        rows.append(Compartment(name, note, _held(liquid_left, claims_left), owned))
    return EntityBlock(
        name=entity.name, siren=entity.siren, role=str(entity.get_role_display()), rows=tuple(rows),
        total=_total_of(rows), funds=_fund_lines(entity), others=others, liquid=from_cents(for_others),
        lent=from_cents(lent),
    )  # fmt: skip


def _held(liquid_cents: int, claims_cents: int) -> tuple[Amount, ...]:
    amounts = [Amount(_("En banque et chez le prestataire"), from_cents(liquid_cents))]
    if claims_cents:
        amounts.append(Amount(_("Débits contestés, à recouvrer"), from_cents(claims_cents)))
    return tuple(amounts)


def _loans(entity: LegalEntity) -> tuple[int, int]:
    """Return the capital that projects still owe by their schedules, and what lenders are registered for, in cents."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH loans AS (
                SELECT loan.id, loan.principal_cents FROM funds_loan loan
                JOIN funds_offer offer ON offer.id = loan.offer_id WHERE offer.books_id = %(entity)s
            ) SELECT
                (SELECT coalesce(sum(principal_cents), 0) FROM loans) - (
                    SELECT coalesce(sum(instalment.principal_cents), 0) FROM funds_instalment instalment
                    JOIN loans ON loans.id = instalment.loan_id
                    JOIN funds_distribution distribution ON distribution.instalment_id = instalment.id
                ),
                (
                    SELECT coalesce(sum(holding.principal_cents), 0) FROM funds_holding holding
                    JOIN loans ON loans.id = holding.loan_id
                ) - (
                    SELECT coalesce(sum(line.principal_cents), 0) FROM funds_distributionline line
                    JOIN funds_holding holding ON holding.id = line.holding_id
                    JOIN loans ON loans.id = holding.loan_id
                )""",
            {"entity": entity.pk},
        )
        owed, registered = cursor.fetchone()
    return int(owed), int(registered)


def _fund_lines(entity: LegalEntity) -> tuple[FundLine, ...]:
    """Return a line for each fund that an entity carries, in one query for its offers and one for its debts."""
    collected, committed, invested, owed = {}, {}, {}, {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT offer.fund_id,
                coalesce(sum((commitment.amount * 100)::bigint) FILTER (WHERE commitment.state = ANY(%(cleared)s)), 0),
                coalesce(sum((commitment.amount * 100)::bigint) FILTER (WHERE commitment.state = ANY(%(reserved)s)), 0)
            FROM funds_offer offer JOIN funds_fund fund ON fund.id = offer.fund_id
            JOIN funds_commitment commitment ON commitment.offer_id = offer.id
            WHERE fund.entity_id = %(entity)s GROUP BY offer.fund_id""",
            {"cleared": sorted(COUNTED_CLEARED), "reserved": sorted(RESERVING), "entity": entity.pk},
        )
        for fund, cleared, reserved in cursor.fetchall():
            collected[fund], committed[fund] = int(cleared), int(reserved)
        cursor.execute(
            """SELECT offer.fund_id, sum((payout.amount * 100)::bigint) FROM funds_payoutorder payout
            JOIN funds_offer offer ON offer.id = payout.offer_id JOIN funds_fund fund ON fund.id = offer.fund_id
            WHERE payout.state = 'PAID' AND fund.entity_id = %s GROUP BY offer.fund_id""",
            [entity.pk],
        )
        invested.update({fund: int(cents) for fund, cents in cursor.fetchall()})
        cursor.execute(
            """WITH accounts AS (
                SELECT account.id, offer.fund_id FROM funds_account account
                JOIN funds_offer offer ON offer.id = account.offer_id JOIN funds_fund fund ON fund.id = offer.fund_id
                JOIN funds_legalentity books ON books.id = account.entity_id
                WHERE fund.entity_id = %(entity)s AND account.number = ANY(%(numbers)s)
            ), sides AS (
                SELECT fund_id, amount_cents AS cents FROM accounts JOIN funds_transfer ON credit_id = accounts.id
                UNION ALL
                SELECT fund_id, -amount_cents FROM accounts JOIN funds_transfer ON debit_id = accounts.id
            ) SELECT fund_id, sum(cents) FROM sides GROUP BY fund_id""",
            {"entity": entity.pk, "numbers": _numbers(Purpose.SAVER_MONEY, Purpose.REFUND_TO_SEND, Purpose.TO_BE_PAID)},
        )
        owed.update({fund: int(cents) for fund, cents in cursor.fetchall()})
    return tuple(
        FundLine(
            fund.name, *(from_cents(amounts.get(fund.pk, 0)) for amounts in (collected, committed, invested, owed))
        )
        for fund in Fund.objects.filter(entity=entity).order_by("pk")
    )


def _numbers(*purposes: Purpose) -> list[str]:
    return sorted({heading(chart, purpose).number for chart in LegalEntity.Chart.values for purpose in purposes})


def _sealed() -> Sealed | None:
    last = Seal.objects.order_by("-sealed_at", "-number").first()
    if last is None:
        return None
    return Sealed(first=1, last=last.number, sealed_at=last.sealed_at, hash=bytes(last.hash).hex())


def _told(check: BooksCheck) -> ToldCheck:
    counted: dict[str, int] = {}
    for problem in check.problems:
        counted[problem["check"]] = counted.get(problem["check"], 0) + 1
    problems = tuple(
        ngettext("Faux pour une ligne : « %(rule)s ».", "Faux pour %(count)s lignes : « %(rule)s ».", count)
        % {"rule": rule, "count": count}
        for rule, count in counted.items()
    )
    return ToldCheck(check.checked_at, check.entries, check.transfers, problems)


def _nights(on: date) -> tuple[Night, ...]:
    """Return the last nights that were checked, oldest first; a night with one failed check is a failed night."""
    since = on - timedelta(days=NIGHTS)
    worst: dict[date, bool] = {}
    checks = BooksCheck.objects.filter(checked_at__date__gt=since).order_by("checked_at")
    for checked_at, problems in checks.values_list("checked_at", "problems"):
        night = clock.local(checked_at).date()
        worst[night] = worst.get(night, True) and not problems
    return tuple(Night(night, is_right) for night, is_right in sorted(worst.items()))[-NIGHTS:]


def _sum(amounts: object) -> Money:
    return sum(amounts, from_cents(0))  # type: ignore[call-overload]


def _total(amounts: tuple[Amount, ...]) -> Money:
    return _sum(line.amount for line in amounts)


def _total_of(rows: Sequence[Compartment]) -> Total:
    return Total(held=_sum(row.held_total for row in rows), owed=_sum(row.owed_total for row in rows))
