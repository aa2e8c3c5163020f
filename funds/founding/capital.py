"""The capital of an entity of the fund: versions of who owns it, each kept within its invariants (R-046 to R-048)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock, parameters
from fres.kernel.money import to_cents
from funds.chart import ASSOCIATION, Purpose
from funds.founding.errors import CapitalRefused
from funds.founding.invariants import Invariant, Limits, invariants
from funds.ledger import Line, account_for, balance_cents, post_entry
from funds.locks import lock_fund
from funds.models import CapitalLine, CapitalTable, Compartment, Family, Fund, LegalEntity, Partner
from funds.sources.partners import engaged_on
from investors.models import User

BANKS = (Family.BANK, Family.PUBLIC_BANK)


@dataclass(frozen=True)
class HolderShares:
    """A holder as it is written in a table. `partner` is needed for a bank."""

    family: str
    holder: str
    shares: int
    partner: Partner | None = None


@transaction.atomic
def record_capital(
    *,
    fund: Fund,
    entity: LegalEntity,
    stage: str,
    nominal: Money,
    effective_on: date,
    deliberation: str,
    reason: str,
    lines: Sequence[HolderShares],
    by: User,
    at: datetime,
) -> CapitalTable:
    """Write the next version of who owns an entity, and bring the capital of its books to shares × nominal.

    The difference is booked between the entity's bank and its capital, paid in or paid back.
    Raises: CapitalRefused: an invariant is broken (`broken` holds those that are), a bank without an engagement in
        force, an entity that has no capital or is not of this fund, a step back from autonomy, days that go backwards.
    """
    fund = lock_fund(fund)
    last = entity.capital_tables.order_by("-version").first()
    on = clock.local(at).date()
    _check_frame(fund, entity, last, stage, effective_on, reason, lines, on)
    _check_banks(lines, effective_on)
    broken = tuple(
        one
        for one in invariants(
            by_family(lines), stage=stage, is_scic=is_scic(entity), limits=limits_at(fund, effective_on)
        )
        if one.is_due and not one.is_kept
    )
    if broken:
        raise CapitalRefused(
            " ".join(one.sentence for one in broken), next_step=" ".join(one.next_step for one in broken), broken=broken
        )
    table = CapitalTable(
        fund=fund, entity=entity, version=last.version + 1 if last else 1, stage=stage, nominal=nominal,
        effective_on=effective_on, deliberation=deliberation.strip(), reason=reason.strip(), recorded_by=by,
        recorded_at=at,
    )  # fmt: skip
    total = sum(one.shares for one in lines) * to_cents(nominal)
    difference = total - balance_cents(entity=entity, purpose=Purpose.CAPITAL)
    if difference:
        bank, capital = account_for(entity, Purpose.BANK), account_for(entity, Purpose.CAPITAL)
        line = Line(bank, capital, difference) if difference > 0 else Line(capital, bank, -difference)
        table.entry = post_entry(
            entity=entity, journal="OD", key=f"capital_table:{table.uuid}", transfers=[line], accounting_date=on,
            value_date=effective_on, label=f"Capital, version {table.version}", piece_ref=table.deliberation[:80],
            piece_date=effective_on, source=("capital_table", table.uuid), at=at,
        )  # fmt: skip
    table.save(force_insert=True)
    CapitalLine.objects.bulk_create(
        CapitalLine(table=table, family=one.family, holder=one.holder.strip(), partner=one.partner, shares=one.shares)
        for one in lines
    )
    return table


def limits_at(fund: Fund, on: date) -> Limits:
    """Return the limits on shares in force on a day, the fund's own before the national ones."""

    def value(key: str) -> Fraction:
        return Fraction(parameters.value_at(key, on, scope=str(fund.uuid)).rate)

    return Limits(
        local_above=value("capital.local.above"),
        public_bank_below=value("capital.public_bank.below"),
        public_bank_least=value("capital.public_bank.least"),
        scic_authorities_most=value("capital.scic.authorities"),
    )


def table_invariants(table: CapitalTable, on: date) -> tuple[Invariant, ...]:
    """Return what must hold of a table, by the limits in force on a day; its lines and entity's party loaded."""
    lines = [HolderShares(one.family, one.holder, one.shares) for one in table.lines.all()]
    return invariants(
        by_family(lines), stage=table.stage, is_scic=is_scic(table.entity), limits=limits_at(table.fund, on)
    )


def by_family(lines: Sequence[HolderShares]) -> dict[str, int]:
    """Return the shares of each family."""
    found: dict[str, int] = defaultdict(int)
    for one in lines:
        found[one.family] += one.shares
    return dict(found)


def is_scic(entity: LegalEntity) -> bool:
    return entity.party.legal_form.upper().startswith("SCIC")


def entities_of(fund: Fund) -> list[LegalEntity]:
    """Return the entities of a fund that may have a capital: its carrier, and those that issue its compartments."""
    issuers = Compartment.objects.filter(fund=fund).values("issuer")
    rows = LegalEntity.objects.filter(pk__in=[fund.entity_id, *issuers.values_list("issuer", flat=True)])
    return list(rows.exclude(chart=ASSOCIATION).select_related("party").order_by("name"))


def _check_frame(
    fund: Fund, entity: LegalEntity, last: CapitalTable | None, stage: str, effective_on: date, reason: str,
    lines: Sequence[HolderShares], on: date,
) -> None:  # fmt: skip
    if entity not in entities_of(fund):
        raise CapitalRefused(
            _("%(entity)s n’a pas de capital, ou n’est pas une entité de ce fonds.") % {"entity": entity.name},
            next_step=_("Choisissez une société du fonds : une association n’a pas de capital."),
        )
    if effective_on > on or (last is not None and effective_on <= last.effective_on):
        raise CapitalRefused(
            _("Une table de capital commence après la précédente, et pas dans l’avenir."),
            next_step=_("Corrigez la date d’effet."),
        )
    if last is not None and last.stage == CapitalTable.Stage.AUTONOMOUS and stage != last.stage:
        raise CapitalRefused(
            _("%(entity)s est autonome depuis le %(day)s : elle ne redevient pas une filiale.")
            % {"entity": entity.name, "day": f"{last.effective_on:%d/%m/%Y}"},
            next_step=_("Gardez l’étape « autonome »."),
        )
    holders = [one.holder.strip() for one in lines]
    if not lines or "" in holders or any(one.shares <= 0 for one in lines) or not reason.strip():
        raise CapitalRefused(
            _("Une table de capital a des détenteurs nommés, chacun au moins une part, et un motif."),
            next_step=_("Complétez les lignes."),
        )
    twice = next((name for name in holders if holders.count(name) > 1), None)
    if twice is not None:
        raise CapitalRefused(
            _("« %(holder)s » est écrit deux fois.") % {"holder": twice}, next_step=_("Additionnez ses parts.")
        )


def _check_banks(lines: Sequence[HolderShares], on: date) -> None:
    for one in lines:
        if one.family in BANKS and (one.partner is None or not engaged_on(one.partner, on)):
            raise CapitalRefused(
                _("%(bank)s n’a pas d’engagement en vigueur le %(day)s : sans lui, pas d’entrée au capital (R-048).")
                % {"bank": one.holder, "day": f"{on:%d/%m/%Y}"},
                next_step=_("Inscrivez-la comme partenaire et enregistrez son engagement."),
            )  # fmt: skip
