"""A compartment is opened, says when it buys units back, and stops taking subscriptions; matching money is written."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import to_cents
from funds.locks import lock_fund
from funds.models import Compartment, Fund, LegalEntity, MatchingFund, RedemptionTerms
from funds.places import departments_of
from funds.pool.errors import MatchingRefused, PoolRefused
from funds.pool.locking import lock_compartment
from investors.models import User

MOST_COMPARTMENTS, MOST_BP, LAST_DAY = 99, 10_000, 28


@transaction.atomic
def open_compartment(
    *,
    fund: Fund,
    issuer: LegalEntity,
    name: str,
    purpose: str,
    kind: str,
    instrument: str,
    nominal: Money,
    minimum_units: int,
    maximum_units: int,
    risks: str,
    opens_on: date,
    by: User,
    at: datetime,
    theme: str = "",
    place_level: str = "",
    place_code: str = "",
) -> Compartment:
    """Open a compartment in an issuer's books; its rank there is the next. It takes units once it has its terms.

    Raises: PoolRefused: the operator issues nothing, a name taken, units out of order, a theme or a place that its kind
        asks for and lacks, a first day past.
    """
    fund = lock_fund(fund)
    LegalEntity.objects.select_for_update(no_key=True).get(pk=issuer.pk)
    if issuer.role != LegalEntity.Role.FUND or issuer.pk == fund.operator_id:
        raise PoolRefused(
            _("L’opérateur n’émet pas de parts du pot."), next_step=_("Choisissez une entité qui porte le fonds.")
        )
    slug = slugify(name)[:60]
    if not slug or Compartment.objects.filter(slug=slug).exists():
        raise PoolRefused(_("Un compartiment porte déjà ce nom."), next_step=_("Changez de nom."))
    if not purpose.strip() or not risks.strip() or to_cents(nominal) <= 0 or not 1 <= minimum_units <= maximum_units:
        raise PoolRefused(
            _("Un compartiment dit à quoi il sert et ses risques ; son nominal est positif, ses bornes en ordre."),
            next_step=_("Complétez le formulaire."),
        )  # fmt: skip
    needs_theme = kind == Compartment.Kind.THEME and not theme
    needs_place = kind == Compartment.Kind.TERRITORY and not (place_level and place_code)
    if needs_theme or needs_place or (kind == Compartment.Kind.STRICT and not (theme or place_code)):
        raise PoolRefused(
            _("Un compartiment thématique nomme son thème, un territorial son territoire, un strict l’un ou l’autre."),
            next_step=_("Complétez le thème ou le territoire."),
        )
    if opens_on < clock.local(at).date():
        raise PoolRefused(_("Un compartiment n’ouvre pas un jour passé."), next_step=_("Changez le premier jour."))
    rank = (Compartment.objects.filter(issuer=issuer).aggregate(last=Max("rank"))["last"] or 0) + 1
    if rank > MOST_COMPARTMENTS:
        raise PoolRefused(
            _("%(issuer)s a déjà %(most)s compartiments.") % {"issuer": issuer.name, "most": MOST_COMPARTMENTS},
            next_step=_("Choisissez un autre émetteur."),
        )
    return Compartment.objects.create(
        slug=slug, fund=fund, issuer=issuer, rank=rank, name=name.strip(), purpose=purpose.strip(), kind=kind,
        theme=theme, place_level=place_level, place_code=place_code, instrument=instrument, nominal=nominal,
        minimum_units=minimum_units, maximum_units=maximum_units, risks=risks.strip(), opens_on=opens_on, created_by=by,
    )  # fmt: skip


@transaction.atomic
def close_compartment(*, compartment: Compartment, closes_on: date, by: User, at: datetime) -> Compartment:
    """Say the last day on which a compartment takes subscriptions. Raises: PoolRefused: a day past, closed already."""
    compartment = lock_compartment(compartment.pk)
    on = clock.local(at).date()
    if closes_on < on or (compartment.closes_on is not None and compartment.closes_on < on):
        raise PoolRefused(
            _("Un compartiment ferme une fois, un jour à venir."), next_step=_("Changez le dernier jour.")
        )
    compartment.closes_on = closes_on
    compartment.save(update_fields=["closes_on"])
    return compartment


@transaction.atomic
def set_redemption_terms(
    *,
    compartment: Compartment,
    valid_from: date,
    window_month: int,
    window_day: int,
    notice_days: int,
    holding_days: int,
    share_bp: int,
    uses_reserve: bool,
    uses_entrants: bool,
    by: User,
    at: datetime,
) -> RedemptionTerms:
    """Write when and how far units are bought back from a day on; requests asked before keep their window.

    Raises: PoolRefused: a day past or already written, no such window, more than the capital, no source of money.
    """
    compartment = lock_compartment(compartment.pk)
    if valid_from < clock.local(at).date() or compartment.redemption_terms.filter(valid_from__gte=valid_from).exists():
        raise PoolRefused(
            _("De nouvelles règles de rachat commencent un jour à venir, après les précédentes."),
            next_step=_("Changez le premier jour."),
        )
    if not (1 <= window_month <= 12 and 1 <= window_day <= LAST_DAY and 0 <= share_bp <= MOST_BP):
        raise PoolRefused(
            _("La fenêtre est un jour du 1er au 28 d’un mois, et l’on ne rachète pas plus que le capital."),
            next_step=_("Corrigez la fenêtre ou la part."),
        )
    if not (uses_reserve or uses_entrants):
        raise PoolRefused(
            _("Un rachat est payé par la réserve, par les nouveaux entrants, ou les deux."),
            next_step=_("Cochez au moins une source."),
        )
    return RedemptionTerms.objects.create(
        compartment=compartment, valid_from=valid_from, window_month=window_month, window_day=window_day,
        notice_days=notice_days, holding_days=holding_days, share_bp=share_bp, uses_reserve=uses_reserve,
        uses_entrants=uses_entrants, decided_by=by, decided_at=at,
    )  # fmt: skip


@transaction.atomic
def write_matching(
    *,
    fund: Fund,
    entity: LegalEntity,
    name: str,
    financed_by: str,
    ratio: Decimal,
    cap: Money,
    budget: Money,
    needs_minimum: int,
    starts_on: date,
    ends_on: date,
    by: User,
    at: datetime,
    departments: Sequence[str] = (),
) -> MatchingFund:
    """Write the terms of public money that adds to citizens'; it is tried, then opened by somebody else.

    Raises: MatchingRefused: the operator never matches (ruling B13), terms that make no sense, an unknown département.
    """
    fund = lock_fund(fund)
    if entity.role != LegalEntity.Role.FUND:
        raise MatchingRefused(
            _("L’opérateur n’abonde jamais."),
            next_step=_("Choisissez l’entité dans les livres de laquelle il se réserve."),
        )
    if ratio <= 0 or not 0 < to_cents(cap) <= to_cents(budget) or starts_on > ends_on or needs_minimum < 0:
        raise MatchingRefused(
            _("Le rapport est positif, le plafond par campagne ne dépasse pas la dotation, la fin suit le début."),
            next_step=_("Corrigez les conditions."),
        )
    known = {one.code for one in departments_of(fund.region_code)}
    unknown = [code for code in departments if code not in known]
    if unknown:
        raise MatchingRefused(
            _("« %(code)s » n’est pas un département de la région.") % {"code": unknown[0]},
            next_step=_("Corrigez la liste, ou laissez-la vide pour toute la région."),
        )
    return MatchingFund.objects.create(
        fund=fund, entity=entity, name=name.strip(), financed_by=financed_by.strip(), ratio=ratio, cap=cap,
        budget=budget, needs_minimum=needs_minimum, departments=list(departments), starts_on=starts_on,
        ends_on=ends_on, created_by=by,
    )  # fmt: skip
