"""Open a round, ask, promise, confirm with evidence, refuse; totals that never count a euro of the platform twice."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.money import format_cents, to_cents
from fres.kernel.states import Transition, advance
from funds.cofinancing.states import CONFIRM, DECLINE, LIVE, PROMISE, WITHDRAW, ContributionState
from funds.founding.files import file_document
from funds.models import (
    Channel,
    Contribution,
    Fund,
    Instrument,
    LegalEntity,
    Match,
    Offer,
    Partner,
    Placement,
    RoundTable,
)
from funds.pool.locking import lock_row
from funds.states import COUNTED_CLEARED, OfferState
from investors.models import User
from projects.models import Project

RAISING = (OfferState.OPEN, OfferState.SUSPENDED)


class RoundTableRefused(RuleViolation):
    """A round that may not be opened, or a line that may not be written or moved on."""

    rule = "ROUND_TABLE"


class CountedTwice(RoundTableRefused):
    """Money of the platform is read from its books; nobody types it."""

    rule = "ONCE"


class AboveNeed(RoundTableRefused):
    """What is firm would go above what the project needs."""

    rule = "NEED"


@dataclass(frozen=True)
class PlatformLine:
    """What the platform brings to a project, read from its own rows, in cents. `is_firm`: it is there."""

    label: str
    cents: int
    is_firm: bool


@dataclass(frozen=True)
class Totals:
    """Where a round stands, in cents; guarantees bring no money and are told apart."""

    need_cents: int
    firm_platform_cents: int
    expected_platform_cents: int
    confirmed_cents: int
    promised_cents: int
    asked_cents: int
    guaranteed_cents: int

    @property
    def firm_cents(self) -> int:
        return self.firm_platform_cents + self.confirmed_cents

    @property
    def missing_cents(self) -> int:
        """What is not firm yet."""
        return max(0, self.need_cents - self.firm_cents)

    @property
    def planned_cents(self) -> int:
        """What the plan makes if everybody says yes and open offers reach their maximum."""
        return self.firm_cents + self.expected_platform_cents + self.promised_cents + self.asked_cents

    @property
    def gap_cents(self) -> int:
        """The need less the plan: above zero, somebody is still to be found; below, somebody is asked too much."""
        return self.need_cents - self.planned_cents


@transaction.atomic
def open_round_table(*, project: Project, fund: Fund, need: Money, reason: str, by: User, at: datetime) -> RoundTable:
    """Open the round of a project. Raises: RoundTableRefused: one is open, no positive need, no word on its origin."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if RoundTable.objects.filter(project=project).exists():
        raise RoundTableRefused(
            _("Ce projet a déjà son tour de table."), next_step=_("Ouvrez-le : un projet n’en a qu’un.")
        )
    _check_need(to_cents(need), reason)
    return RoundTable.objects.create(
        fund=fund, project=project, need=need, need_reason=reason.strip(), opened_by=by, opened_at=at
    )


@transaction.atomic
def revise_need(*, table: RoundTable, need: Money, reason: str, by: User, at: datetime) -> RoundTable:
    """Change what a project needs, with the reason. Raises: RoundTableRefused; AboveNeed: more is firm already."""
    table = lock_row(table)
    _check_need(to_cents(need), reason)
    firm = totals_of(table).firm_cents
    if to_cents(need) < firm:
        raise AboveNeed(
            _("%(firm)s sont déjà fermes : le besoin ne peut être de %(need)s.")
            % {"firm": format_cents(firm), "need": format_cents(to_cents(need))},
            next_step=_("Corrigez le montant, ou retirez d’abord un apport."),
        )
    table.need, table.need_reason = need, reason.strip()
    table.save(update_fields=["need", "need_currency", "need_reason"])
    return table


@transaction.atomic
def ask_contribution(
    *, table: RoundTable, financer: str, nature: str, asked: Money, asked_on: date, by: User, at: datetime,
    channel: Channel | None = None, partner: Partner | None = None,
) -> Contribution:  # fmt: skip
    """Write that somebody is asked to bring something.

    Args: channel: of the register; its partner answers. financer: told when there is neither channel nor partner.
    Raises: CountedTwice: the platform's own money. RoundTableRefused: no name, no amount, a day to come, a channel or
        a partner of another fund, or closed, a line of this financer and nature that lives.
    """
    table = lock_row(table)
    partner = partner or (channel.partner if channel is not None else None)
    name = partner.name if partner is not None else (channel.operator_name if channel is not None else financer.strip())
    if _is_ours(table.fund, partner, channel):
        raise CountedTwice(
            _("« %(name)s » est de la plateforme : ce qu’elle apporte est lu dans ses livres.")
            % {"name": name},
            next_step=_("N’ajoutez pas cette ligne : elle paraît d’elle-même, une fois."),
        )  # fmt: skip
    other = next((one for one in (channel, partner) if one is not None and one.fund_id != table.fund_id), None)
    if other is not None or (channel is not None and channel.stage == Channel.Stage.CLOSED):
        raise RoundTableRefused(
            _("Ce canal est fermé, ou d’un autre fonds."), next_step=_("Choisissez un canal en activité.")
        )
    if not name or to_cents(asked) <= 0 or asked_on > clock.local(at).date():
        raise RoundTableRefused(
            _("Une demande nomme un financeur, un montant positif et un jour passé."),
            next_step=_("Complétez la ligne."),
        )
    if table.contributions.filter(financer=name, nature=nature, state__in=LIVE).exists():
        raise RoundTableRefused(
            _("« %(name)s » a déjà une ligne de cette nature.") % {"name": name},
            next_step=_("Faites avancer celle qui existe."),
        )
    return Contribution.objects.create(
        table=table, channel=channel, partner=partner, financer=name, nature=nature, asked=asked, asked_on=asked_on,
        recorded_by=by, recorded_at=at,
    )  # fmt: skip


@transaction.atomic
def promise_contribution(
    *, contribution: Contribution, amount: Money, on: date, by: User, at: datetime, evidence: str = ""
) -> Contribution:
    """Write a promise, or a new amount of one. Raises: RoundTableRefused; TransitionRefused."""
    lock_row(contribution.table)
    contribution = lock_row(contribution)
    _check_answer(contribution, to_cents(amount), on, at)
    return advance(
        contribution,
        PROMISE,
        by=by,
        at=at,
        amount=amount,
        promised_on=on,
        evidence=evidence.strip() or contribution.evidence,
    )


@transaction.atomic
def confirm_contribution(
    *,
    contribution: Contribution,
    amount: Money,
    on: date,
    evidence: str,
    by: User,
    at: datetime,
    file: UploadedFile | None = None,
) -> Contribution:
    """Write that money is confirmed, by what; from then on it is on the public plan.

    Args: evidence: what proves it (a letter and its number, minutes). file: that very document.
    Raises: AboveNeed: what is firm would exceed the need. RoundTableRefused: no evidence, dates, no amount.
    """
    table = lock_row(contribution.table)
    contribution = lock_row(contribution)
    cents = to_cents(amount)
    _check_answer(contribution, cents, on, at)
    if not evidence.strip():
        raise RoundTableRefused(
            _("Un apport confirmé cite sa preuve."), next_step=_("Écrivez la lettre, la délibération ou l’acte.")
        )
    if contribution.nature != Contribution.Nature.GUARANTEE:
        firm = totals_of(table).firm_cents
        if firm + cents > to_cents(table.need):
            figures = {"firm": firm, "need": to_cents(table.need), "amount": cents}
            raise AboveNeed(
                _("%(firm)s sont fermes sur %(need)s : cet apport de %(amount)s dépasse le besoin.")
                % {name: format_cents(value) for name, value in figures.items()},
                next_step=_("Diminuez l’apport, ou révisez le besoin avec son motif."),
            )
    kept = contribution.file
    if file is not None:
        title = _("Preuve d’apport, %(financer)s") % {"financer": contribution.financer}
        kept = file_document(fund=table.fund, title=title, file=file, by=by, at=at, is_public=False)
    return advance(
        contribution, CONFIRM, by=by, at=at, amount=amount, confirmed_on=on, evidence=evidence.strip(), file=kept
    )


@transaction.atomic
def refuse_contribution(*, contribution: Contribution, on: date, reason: str, by: User, at: datetime) -> Contribution:
    """Write a refusal and its reason: it is evidence that ordinary finance does not serve the project (R-009)."""
    return _end(contribution, DECLINE, on, reason, by=by, at=at)


@transaction.atomic
def withdraw_contribution(*, contribution: Contribution, on: date, reason: str, by: User, at: datetime) -> Contribution:
    """Take a line off the plan, even confirmed, with its reason."""
    return _end(contribution, WITHDRAW, on, reason, by=by, at=at)


def platform_lines(project: Project) -> list[PlatformLine]:
    """Return what the platform brings to a project: offers by their state, public matches, the pot's money."""
    found = []
    for offer in Offer.objects.filter(project=project).order_by("opens_at", "pk"):
        cleared = offer.commitments.filter(state__in=COUNTED_CLEARED).aggregate(sum=Sum("amount"))["sum"] or 0
        label = _("Offre « %(name)s »") % {"name": offer.get_lane_display()}
        if offer.state == OfferState.SUCCEEDED and cleared:
            found.append(PlatformLine(label, int(cleared * 100), is_firm=True))
        elif offer.state in RAISING:
            found.append(PlatformLine(label, to_cents(offer.maximum), is_firm=False))
    matches = Match.objects.filter(offer__project=project, release=None)
    for state, is_firm in ((OfferState.SUCCEEDED, True), (RAISING, False)):
        states = (state,) if is_firm else state
        cents = int((matches.filter(offer__state__in=states).aggregate(sum=Sum("amount"))["sum"] or 0) * 100)
        if cents:
            found.append(PlatformLine(_("Abondement public"), cents, is_firm))
    if placed := placed_cents(project):
        found.append(PlatformLine(_("Pot commun du fonds"), placed, is_firm=True))
    return found


def placed_cents(project: Project) -> int:
    """Return what the pot has placed in a project, in cents."""
    placed = Placement.objects.filter(project=project, kind=Placement.Kind.PLACED)
    return int((placed.aggregate(sum=Sum("amount"))["sum"] or 0) * 100)


def totals_of(table: RoundTable, lines: list[PlatformLine] | None = None) -> Totals:
    """Return where a round stands, each euro once."""
    platform = platform_lines(table.project) if lines is None else lines
    sums = dict.fromkeys(ContributionState.values, 0)
    guaranteed = 0
    for one in table.contributions.all():
        cents = to_cents(one.asked if one.amount is None else one.amount)
        if one.nature == Contribution.Nature.GUARANTEE:
            guaranteed += cents if one.state == ContributionState.CONFIRMED else 0
        else:
            sums[one.state] += cents
    return Totals(
        need_cents=to_cents(table.need),
        firm_platform_cents=sum(line.cents for line in platform if line.is_firm),
        expected_platform_cents=sum(line.cents for line in platform if not line.is_firm),
        confirmed_cents=sums[ContributionState.CONFIRMED],
        promised_cents=sums[ContributionState.PROMISED],
        asked_cents=sums[ContributionState.ASKED],
        guaranteed_cents=guaranteed,
    )


def _is_ours(fund: Fund, partner: Partner | None, channel: Channel | None) -> bool:
    if channel is not None and channel.instrument == Instrument.POT_COMMUN:
        return True
    return partner is not None and LegalEntity.objects.filter(siren=partner.siren).exists()


def _check_need(cents: int, reason: str) -> None:
    if cents <= 0 or not reason.strip():
        raise RoundTableRefused(
            _("Un tour de table a un besoin positif, et dit d’où vient ce chiffre."),
            next_step=_("Écrivez le montant et le budget dont il vient."),
        )


def _check_answer(contribution: Contribution, cents: int, on: date, at: datetime) -> None:
    if cents <= 0 or on < contribution.asked_on or on > clock.local(at).date():
        raise RoundTableRefused(
            _("Une réponse a un montant positif et un jour, du %(asked)s à aujourd’hui.")
            % {"asked": f"{contribution.asked_on:%d/%m/%Y}"},
            next_step=_("Corrigez le montant ou la date."),
        )


def _end(
    contribution: Contribution, transition: Transition, on: date, reason: str, *, by: User, at: datetime
) -> Contribution:
    lock_row(contribution.table)
    contribution = lock_row(contribution)
    if not reason.strip() or on < contribution.asked_on or on > clock.local(at).date():
        raise RoundTableRefused(
            _("Un refus ou un retrait dit son jour et son motif."), next_step=_("Écrivez-le en une phrase.")
        )
    return advance(
        contribution, transition, by=by, at=at, reason=reason.strip(), ended_on=on, end_reason=reason.strip()
    )
