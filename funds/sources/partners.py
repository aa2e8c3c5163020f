"""Partners and what they signed (R-004, R-033, R-048)."""

from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from stdnum.fr import siren as siren_number

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from funds.founding.files import file_document
from funds.models import Channel, Engagement, EngagementText, Fund, Partner
from investors.models import User


class SirenNotValid(RuleViolation):
    """A SIREN is nine figures whose last one checks the others."""

    rule = "siren-not-valid"


class PartnerAlreadyThere(RuleViolation):
    """The fund knows a partner of this SIREN."""

    rule = "partner-already-there"


class EngagementRefused(RuleViolation):
    """An engagement is signed by somebody, not in the future, one at a time; a revocation has a reason."""

    rule = "engagement"


class EngagementMissing(RuleViolation):
    """A bank takes no part without its signed engagement (R-004, R-033, R-048)."""

    rule = "engagement-missing"


@transaction.atomic
def register_partner(*, fund: Fund, kind: str, name: str, siren: str, contact: str, by: User, at: datetime) -> Partner:
    """Write a partner of the fund. Raises: SirenNotValid; PartnerAlreadyThere."""
    siren = "".join(siren.split())
    if not siren_number.is_valid(siren):
        raise SirenNotValid(
            _("« %(found)s » n’est pas un SIREN : neuf chiffres, dont une clé qui est fausse ici.")
            % {"found": siren[:40]},
            next_step=_("Recopiez-le du registre national des entreprises."),
        )
    Fund.objects.select_for_update().get(pk=fund.pk)
    if Partner.objects.filter(fund=fund, siren=siren).exists():
        raise PartnerAlreadyThere(
            _("Un partenaire de ce fonds a déjà le SIREN %(siren)s.") % {"siren": siren},
            next_step=_("Ouvrez sa fiche : un partenaire ne s’inscrit qu’une fois."),
        )
    return Partner.objects.create(
        fund=fund, kind=kind, name=name, siren=siren, contact=contact, created_by=by, created_at=at
    )


@transaction.atomic
def record_engagement(
    *, partner: Partner, signed_on: date, signatory: str, function: str, by: User, at: datetime,
    file: UploadedFile | None = None,
) -> Engagement:  # fmt: skip
    """Write that a partner signed the engagement: the version of the text proposed to it that day, when there is one.

    Args: file: the signed document.
    Raises: EngagementRefused: to come, or one is in force. FileTooHeavy, UploadRefused.
    """
    Partner.objects.select_for_update().get(pk=partner.pk)
    if signed_on > clock.local(at).date():
        raise EngagementRefused(
            _("Un engagement ne se signe pas dans l’avenir."), next_step=_("Écrivez la date portée sur le document.")
        )
    if engagement_of(partner) is not None:
        raise EngagementRefused(
            _("Un engagement de ce partenaire est déjà en vigueur."),
            next_step=_("Révoquez-le d’abord s’il est remplacé."),
        )
    kept = None
    if file is not None:
        title = _("Engagement de %(partner)s") % {"partner": partner.name}
        kept = file_document(fund=partner.fund, title=title, file=file, by=by, at=at)
    return Engagement.objects.create(
        partner=partner, signed_on=signed_on, signatory=signatory, function=function, recorded_by=by, recorded_at=at,
        text=text_proposed(partner, signed_on), file=kept,
    )  # fmt: skip


@transaction.atomic
def revoke_engagement(*, engagement: Engagement, reason: str, by: User, at: datetime) -> Engagement:
    """End an engagement today; a bank's active channels close with it.

    Raises: EngagementRefused: no reason, or already revoked.
    """
    Partner.objects.select_for_update().get(pk=engagement.partner_id)
    fresh = Engagement.objects.select_related("partner").get(pk=engagement.pk)
    if fresh.revoked_on is not None or not reason.strip():
        raise EngagementRefused(
            _("Une révocation se fait une fois, avec son motif."), next_step=_("Écrivez pourquoi, en une phrase.")
        )
    fresh.revoked_on, fresh.revoked_because = clock.local(at).date(), reason.strip()
    fresh.save(update_fields=["revoked_on", "revoked_because"])
    if needs_engagement(fresh.partner):
        Channel.objects.filter(partner=fresh.partner, stage=Channel.Stage.ACTIVE).update(
            stage=Channel.Stage.CLOSED, updated_at=at
        )
    return fresh


def engagement_of(partner: Partner) -> Engagement | None:
    """Return the engagement in force, if any."""
    return Engagement.objects.filter(partner=partner, revoked_on=None).first()


def engaged_on(partner: Partner, on: date) -> bool:
    """Say whether an engagement of a partner was in force on a day."""
    signed = Engagement.objects.filter(partner=partner, signed_on__lte=on)
    return signed.filter(Q(revoked_on=None) | Q(revoked_on__gt=on)).exists()


def text_proposed(partner: Partner, on: date) -> EngagementText | None:
    """Return the version of the text that a partner is asked to sign on a day."""
    audience = EngagementText.Audience.BANK if needs_engagement(partner) else EngagementText.Audience.FOUNDER
    texts = EngagementText.objects.filter(fund=partner.fund, audience=audience, valid_from__lte=on)
    return texts.order_by("-version").first()


def needs_engagement(partner: Partner) -> bool:
    return partner.kind in (Partner.Kind.BANK, Partner.Kind.PUBLIC_BANK)


def require_engagement(partner: Partner) -> None:
    """Raises: EngagementMissing: a bank that has not signed."""
    if needs_engagement(partner) and engagement_of(partner) is None:
        raise EngagementMissing(
            _("%(partner)s n’a pas d’engagement signé : servir tous les publics sur tout le territoire, et publier.")
            % {"partner": partner.name},
            next_step=_("Le fonds enregistre l’engagement signé sur la fiche du partenaire ; rien n’est compté avant."),
        )
