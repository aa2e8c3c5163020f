"""The register of channels: sources in activity, and leads with what stops them (R-001 to R-003)."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation
from fres.kernel.models import Territory
from funds.models import Channel, Fund, Partner
from funds.sources.partners import require_engagement
from investors.models import User


class ChannelRefused(RuleViolation):
    """A channel misses what its stage asks, covers an unknown place, or is there already."""

    rule = "channel"


@transaction.atomic
def open_channel(
    *, partner: Partner, instrument: str, mode: str, territory_code: str, by: User, at: datetime
) -> Channel:
    """Put a channel in activity; a lead of the same partner and instrument becomes it.

    Raises: EngagementMissing: a bank that has not signed; ChannelRefused: already there, no mode, unknown place.
    """
    Partner.objects.select_for_update().get(pk=partner.pk)
    require_engagement(partner)
    _check_territory(territory_code)
    if mode not in Channel.Mode.values:
        raise ChannelRefused(
            _("Dites comment le fonds travaille avec ce canal : coordonné, croisé ou mutualisé."),
            next_step=_("Choisissez l’un des trois modes."),
        )
    alive = Channel.objects.filter(partner=partner, instrument=instrument).exclude(stage=Channel.Stage.CLOSED).first()
    if alive is not None and alive.stage == Channel.Stage.ACTIVE:
        raise ChannelRefused(
            _("Ce partenaire a déjà un canal de cet instrument."), next_step=_("Modifiez celui qui existe.")
        )
    channel = alive or Channel(fund_id=partner.fund_id, partner=partner, instrument=instrument)
    channel.operator_name, channel.territory_code = partner.name, territory_code
    channel.stage, channel.mode, channel.updated_at = Channel.Stage.ACTIVE, mode, at
    channel.obstacle, channel.next_step, channel.next_step_on = "", "", None
    channel.owner = channel.owner or by
    channel.save()
    return channel


@transaction.atomic
def record_lead(
    *, fund: Fund, instrument: str, operator_name: str, territory_code: str, obstacle: str, next_step: str,
    next_step_on: date, owner: User, at: datetime, partner: Partner | None = None, channel: Channel | None = None,
) -> Channel:  # fmt: skip
    """Write a lead, or bring one up to date. Raises: ChannelRefused: no longer a lead, unknown place, blanks."""
    _check_territory(territory_code)
    if not obstacle.strip() or not next_step.strip():
        raise ChannelRefused(
            _("Une piste dit ce qui bloque et la prochaine étape."), next_step=_("Une phrase pour chacun suffit.")
        )
    if channel is not None:
        channel = Channel.objects.select_for_update().get(pk=channel.pk)
        if channel.stage != Channel.Stage.PROPOSED:
            raise ChannelRefused(_("Ce canal n’est plus une piste."), next_step=_("Rechargez la page."))
    lead = channel or Channel(fund=fund, stage=Channel.Stage.PROPOSED)
    lead.instrument, lead.operator_name, lead.partner = instrument, operator_name, partner
    lead.territory_code, lead.obstacle, lead.next_step = territory_code, obstacle.strip(), next_step.strip()
    lead.next_step_on, lead.owner, lead.updated_at = next_step_on, owner, at
    lead.save()
    return lead


@transaction.atomic
def close_channel(*, channel: Channel, at: datetime) -> Channel:
    """End a channel or drop a lead; what was declared stays. Raises: ChannelRefused: already closed."""
    fresh = Channel.objects.select_for_update().get(pk=channel.pk)
    if fresh.stage == Channel.Stage.CLOSED:
        raise ChannelRefused(_("Ce canal est déjà fermé."), next_step=_("Rechargez la page."))
    fresh.stage, fresh.updated_at = Channel.Stage.CLOSED, at
    fresh.save(update_fields=["stage", "updated_at"])
    return fresh


def _check_territory(code: str) -> None:
    if not Territory.objects.filter(code=code, is_current=True).exists():
        raise ChannelRefused(
            _("« %(code)s » n’est pas un territoire en vigueur.") % {"code": code},
            next_step=_("Écrivez le code d’une région, d’un département, d’une intercommunalité ou d’une commune."),
        )
