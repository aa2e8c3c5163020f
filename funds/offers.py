"""Campaigns open, pause and stop: what an offer must satisfy before a saver may see its button (rulings B5, B24)."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.errors import RuleViolation
from fres.kernel.money import format_cents, to_cents
from fres.kernel.states import advance
from funds.contracts import issue_contract_model
from funds.limits import Limits, limits_at, months_before, owner_total_cents, unenforced_rules
from funds.locks import lock_offer
from funds.models import FiciVersion, LegalEntity, Offer, OfferFile
from funds.reflection import reflection_deadline
from funds.states import (
    CANCEL_OFFER,
    LIVE,
    OPEN_OFFER,
    RESUME_OFFER,
    SUSPEND_OFFER,
    OfferFileState,
    OfferState,
)
from investors.models import Party, RoleGrant, User
from projects.models import Award
from projects.states import IN_FORCE

# Whoever works for the operator, in the sense of Regulation (EU) 2020/1503, art. 8(2); committees and partners do not.
OPERATOR_ROLES = (
    Role.MANAGER, Role.TREASURER, Role.COMPLIANCE, Role.ADMINISTRATOR, Role.INSTRUCTOR, Role.EVALUATOR, Role.MONITORING,
)  # fmt: skip


class OfferNotReady(RuleViolation):
    """An offer may not open. `reasons` holds every refusal; the message is that of the first."""

    rule = "OFFER"

    def __init__(self, message: object, *, next_step: object = "") -> None:
        super().__init__(message, next_step=next_step)
        self.reasons: tuple[OfferNotReady, ...] = (self,)


class ProtectionMissing(OfferNotReady):
    """A loan waits for every protective rule to be enforced, except in the demonstration (ruling B5)."""

    rule = "B5"


class LabelMissing(OfferNotReady):
    """No offer without a label in force that its fund accepts (ruling B24)."""

    rule = "B24"


class OperatorInvolved(OfferNotReady):
    """E09, E16: neither the operator nor whoever works for it borrows here; it finances nobody (art. 8(1), (2))."""

    rule = "E16"


class FileNotAccepted(OfferNotReady):
    """The file of the offer was not reviewed, or its author would open it (ruling A7)."""

    rule = "FILE"


class SheetMissing(OfferNotReady):
    """E09: a loan opens with its key information sheet, published as the file stands."""

    rule = "E09"


class DatesUnfit(OfferNotReady):
    """The decision comes too early for the last reflection and payment, or the campaign would open in the past."""

    rule = "B1"


class OwnerCapExceeded(OfferNotReady):
    """E10: more than the law lets an owner raise over twelve months, or no signed declaration of the rest."""

    rule = "E10"


class PayingAgentElsewhere(OfferNotReady):
    """Levies are withheld where the money is: no entry crosses two entities (rulings A1, B8)."""

    rule = "B8"


class ReceiptRightMissing(OfferNotReady):
    """The beneficiary may not give receipts, or gave no mandate to issue them (ruling B7)."""

    rule = "B7"


def settles_on_for(closes_at: datetime, *, limits: Limits, is_gift: bool = False) -> date:
    """Return the first day an offer may name as `settles_on` (ruling B1).

    A commitment made at the last moment reflects, is asked for on the day after, then has its time to pay and to clear;
    a gift has no reflection. Nobody's reflection ends later: a later commitment never has an earlier deadline.
    """
    last = clock.local(closes_at).date()
    if not is_gift:
        deadline = reflection_deadline(closes_at, hours=limits.reflection_hours, days=limits.reflection_days)
        last = deadline.date() + timedelta(days=1)
    return last + timedelta(days=limits.payment_days + limits.clearing_days)


def check_offer(*, offer: Offer, at: datetime) -> list[OfferNotReady]:
    """Return every reason why an offer may not open now; none when it may."""
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    on = clock.local(at).date()
    found = [*_of_dates(offer, limits, at), *label_refusals(offer, on), *_of_parties(offer, at)]
    if offer.is_gift:
        found += _of_receipts(offer, on)
    else:
        found += [*_of_books(offer), *_of_protections(), *check_owner_cap(offer, limits)]
    return [*found, *_of_file(offer)]


@transaction.atomic
def open_offer(*, offer: Offer, by: User, at: datetime) -> Offer:
    """Open a prepared campaign; a loan is shown with its model contract, issued here unless it was before.

    Raises: OfferNotReady: its `reasons` say every rule that is not met.

    Two offers of one owner opened at once are counted one after the other (E10, ruling B4).
    """
    offer = lock_offer(offer=offer)
    reasons = check_offer(offer=offer, at=at)
    reasons += _of_author(offer, by)
    if reasons:
        reasons[0].reasons = tuple(reasons)
        raise reasons[0]
    if not offer.is_gift:
        from funds.campaigns.threshold import keep_threshold

        keep_threshold(offer=offer, by=by, at=at)
        issue_contract_model(offer=offer, at=at)
    return advance(offer, OPEN_OFFER, by=by, at=at, opened_at=at, opened_by=by)


@transaction.atomic
def suspend_offer(*, offer: Offer, by: User | None, at: datetime, reason: str) -> Offer:
    """Stop taking commitments. Running reflections and payments go on: nothing that was promised changes."""
    return advance(lock_offer(offer=offer), SUSPEND_OFFER, by=by, at=at, reason=reason)


@transaction.atomic
def resume_offer(*, offer: Offer, by: User, at: datetime, reason: str) -> Offer:
    """Take commitments again. Raises: LabelMissing: the label was lost meanwhile (ruling A6)."""
    offer = lock_offer(offer=offer)
    missing = label_refusals(offer, clock.local(at).date())
    if missing:
        raise missing[0]
    return advance(offer, RESUME_OFFER, by=by, at=at, reason=reason)


def cancel_offer(*, offer: Offer, by: User, at: datetime, reason: str) -> Offer:
    """End a campaign without a decision on its money: every euro goes back (ruling A5).

    The state is written first; what it entails is done in small transactions that a killed process resumes.
    """
    from funds.closing import return_money

    with transaction.atomic():
        offer = advance(lock_offer(offer=offer), CANCEL_OFFER, by=by, at=at, reason=reason)
    return_money(offer=offer, at=at)
    return offer


def _of_dates(offer: Offer, limits: Limits, at: datetime) -> list[OfferNotReady]:
    if at >= offer.closes_at:
        return [
            DatesUnfit(
                _("Le dernier engagement est prévu le %(day)s, déjà passé.") % {"day": _day(offer.closes_at)},
                next_step=_("Choisissez un calendrier à venir."),
            )
        ]
    earliest = settles_on_for(offer.closes_at, limits=limits, is_gift=offer.is_gift)
    if offer.settles_on < earliest:
        return [
            DatesUnfit(
                _("La décision est prévue le %(day)s ; il faut attendre le %(earliest)s.")
                % {"day": offer.settles_on.strftime("%d/%m/%Y"), "earliest": earliest.strftime("%d/%m/%Y")},
                next_step=_("Laissez %(days)s jours après la dernière réflexion pour payer et encaisser.")
                % {"days": limits.payment_days + limits.clearing_days},
            )
        ]
    return []


def label_refusals(offer: Offer, on: date) -> list[OfferNotReady]:
    """Return why the label of an offer does not count on a day; nothing when it does (ruling B24)."""
    award = offer.award
    subjects = {
        (Award.Subject.PROJECT, offer.project.uuid),
        (Award.Subject.ORGANISATION, offer.project.organisation.uuid),
    }
    is_theirs = (award.subject_type, award.subject_uuid) in subjects
    is_dated = award.valid_from <= on and (award.valid_to is None or on <= award.valid_to)
    is_in_force = award.state in IN_FORCE and is_dated
    if not is_theirs or not is_in_force:
        return [
            LabelMissing(
                _("Le projet n’a pas de label en vigueur au %(day)s.") % {"day": on.strftime("%d/%m/%Y")},
                next_step=_("Attribuez ou renouvelez le label, puis ouvrez l’offre."),
            )
        ]
    name = f"{award.label}@{award.label_version}"
    if name not in offer.fund.accepted_labels:
        return [
            LabelMissing(
                _("Le fonds n’accepte pas le label %(label)s ; il accepte : %(accepted)s.")
                % {"label": name, "accepted": ", ".join(offer.fund.accepted_labels) or _("aucun")},
                next_step=_("Choisissez un label accepté par le fonds."),
            )
        ]
    return []


def _of_parties(offer: Offer, at: datetime) -> list[OfferNotReady]:
    owner = offer.project.organisation.party
    if LegalEntity.objects.filter(party=owner, role=LegalEntity.Role.OPERATOR).exists():
        return [
            OperatorInvolved(
                _("L’opérateur ne peut pas porter un projet publié sur sa plateforme."),
                next_step=_("Cette règle n’a pas d’exception (règlement (UE) 2020/1503, art. 8)."),
            )
        ]
    on = clock.local(at).date()
    members = offer.project.organisation.memberships.filter(Q(left_on=None) | Q(left_on__gt=on)).values("user")
    if RoleGrant.objects.current(on).filter(user__in=members, role__in=OPERATOR_ROLES).exists():
        return [
            OperatorInvolved(
                _("Une personne de ce porteur travaille pour la plateforme : son projet ne peut pas y être proposé."),
                next_step=_("Elle quitte l’un des deux rôles d’abord (règlement (UE) 2020/1503, art. 8, § 2)."),
            )
        ]
    return []


def _of_books(offer: Offer) -> list[OfferNotReady]:
    if offer.paying_agent_id == offer.books_id:
        return []
    return [
        PayingAgentElsewhere(
            _("L’établissement payeur n’est pas l’entité qui tient les livres de cette offre."),
            next_step=_("Choisissez la même entité : les prélèvements se retiennent là où est l’argent."),
        )
    ]


def _of_file(offer: Offer) -> list[OfferNotReady]:
    """An offer prepared with a file waits for its review and, a loan, for its sheet; the demonstration may lack both.

    Outside of the demonstration a loan without a file does not open: it has no sheet (E09).
    """
    file = OfferFile.objects.filter(offer=offer).first()
    found: list[OfferNotReady] = []
    if file is not None and file.state != OfferFileState.ACCEPTED:
        found.append(
            FileNotAccepted(
                _("Le dossier de l’offre n’est pas relu : son état est « %(state)s ».")
                % {"state": file.get_state_display()},
                next_step=_("Relisez-le et acceptez-le, puis ouvrez l’offre."),
            )
        )
    needs_sheet = not offer.is_gift and (file is not None or not settings.DEMONSTRATION)
    if needs_sheet and not FiciVersion.objects.filter(offer=offer).exists():
        found.append(
            SheetMissing(
                _("L’offre n’a pas de fiche d’informations clés publiée."),
                next_step=_("Publiez la fiche, puis ouvrez l’offre."),
            )
        )
    return found


def _of_author(offer: Offer, by: User) -> list[OfferNotReady]:
    file = OfferFile.objects.filter(offer=offer).first()
    if file is None or by.pk not in (file.created_by_id, file.sent_by_id):
        return []
    return [
        FileNotAccepted(
            _("Vous avez écrit ou transmis ce dossier : une autre personne ouvre l’offre."),
            next_step=_("Demandez à une personne de la gestion qui n’y a pas pris part."),
        )
    ]


def _of_protections() -> list[OfferNotReady]:
    missing = unenforced_rules()
    if not missing or settings.DEMONSTRATION:
        return []
    names = ", ".join(f"{rule.code} ({rule.label})" for rule in missing)
    return [
        ProtectionMissing(
            _("Une offre de prêt attend que chaque règle de protection soit appliquée ; il manque : %(rules)s.")
            % {"rules": names},
            next_step=_("Ces règles arrivent avec une prochaine version de la plateforme."),
        )
    ]


def check_owner_cap(offer: Offer, limits: Limits) -> list[OfferNotReady]:
    """Return why an owner may not raise this offer's maximum (E10); none when they may."""
    if offer.raised_elsewhere_declared_on is None:
        return [
            OwnerCapExceeded(
                _("Le porteur n’a pas déclaré ce qu’il a levé ailleurs depuis douze mois."),
                next_step=_("Faites signer sa déclaration, puis inscrivez le montant et sa date."),
            )
        ]
    total = owner_total_cents(
        raised=raised_by_owner_cents(
            offer.project.organisation.party, launch=clock.local(offer.opens_at).date(), limits=limits, but=offer
        ),
        raised_elsewhere=to_cents(offer.raised_elsewhere),
        new_maximum=to_cents(offer.maximum),
    )
    if total > limits.owner_cap_cents:
        return [
            OwnerCapExceeded(
                _("Avec cette offre, le porteur lèverait %(total)s en douze mois ; la loi s’arrête à %(cap)s.")
                % {"total": format_cents(total), "cap": format_cents(limits.owner_cap_cents)},
                next_step=_("Réduisez le maximum de %(excess)s.")
                % {"excess": format_cents(total - limits.owner_cap_cents)},
            )
        ]
    return []


def raised_by_owner_cents(owner: Party, *, launch: date, limits: Limits, but: Offer) -> int:
    """Return what an owner's other loan offers count for, in cents, looking back from the launch of a new one.

    An offer that succeeded counts for what it raised; one under way for its maximum, for it may reach it; one that
    failed or was cancelled for nothing. An offer launched on the first day of the period is in it.
    Source: Regulation (EU) 2020/1503, art. 1(2)(c); ESMA Q&A 3.15 for the look-back.
    """
    since = months_before(launch, limits.owner_cap_months)
    others = Offer.objects.filter(
        project__organisation__party=owner, lane=Offer.Lane.PROJECT, opens_at__date__gte=since
    ).exclude(pk=but.pk)
    under_way = others.filter(state__in=(OfferState.OPEN, OfferState.SUSPENDED)).aggregate(total=Sum("maximum"))
    raised = others.filter(state=OfferState.SUCCEEDED, commitments__state__in=LIVE).aggregate(
        total=Sum("commitments__amount")
    )
    return sum(int((one["total"] or 0) * 100) for one in (under_way, raised))


def _of_receipts(offer: Offer, on: date) -> list[OfferNotReady]:
    if not offer.gives_receipt:
        return []
    owner = offer.project.organisation.party
    rights = owner.receipt_eligibilities.filter(valid_from__lte=on).exclude(valid_to__lt=on)
    mandates = owner.receipt_mandates.filter(operator=offer.books, signed_on__lte=on).exclude(ended_on__lt=on)
    if rights.exists() and mandates.exists():
        return []
    return [
        ReceiptRightMissing(
            _("Le bénéficiaire n’a pas de droit daté à délivrer des reçus, ou n’a pas signé de mandat."),
            next_step=_("Inscrivez sa preuve et son mandat, ou publiez l’offre sans reçu fiscal."),
        )
    ]


def _day(moment: datetime) -> str:
    return clock.local(moment).strftime("%d/%m/%Y")
