"""Keys of a partner's programs: made, recognised, revoked. The secret is shown once and kept as its hash only."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.errors import RuleViolation
from funds.models import Partner, PartnerKey
from investors.models import User

MARK = "fres"
PREFIX_BYTES, SECRET_BYTES = 4, 32
DAYS, MOST = "sources.api.key_days", "sources.api.keys"


class KeyRefused(RuleViolation):
    """The key cannot be made, or revoked, as asked."""

    rule = "partner-key"


@transaction.atomic
def make_key(*, partner: Partner, name: str, scopes: Collection[str], by: User, at: datetime) -> tuple[PartnerKey, str]:
    """Make a key of a partner, valid for the dated number of days.

    Returns: the row, and the secret, which is written nowhere.
    Raises: KeyRefused: no name, no right or one of another name, or too many keys in force.
    """
    partner = Partner.objects.select_for_update(of=("self",)).get(pk=partner.pk)
    wanted = sorted(set(scopes))
    if not name.strip() or not wanted or not set(wanted) <= set(PartnerKey.Scope.values):
        raise KeyRefused(
            _("Une clé a un nom, et au moins un droit de la liste."), next_step=_("Complétez le formulaire.")
        )
    today = clock.local(at).date()
    most = parameters.value_at(MOST, today).whole
    if keys_in_force(partner, at) >= most:
        raise KeyRefused(
            _("Ce partenaire a déjà %(most)d clés en vigueur.") % {"most": most},
            next_step=_("Révoquez celle qui ne sert plus."),
        )
    prefix = f"{MARK}_{secrets.token_hex(PREFIX_BYTES)}"
    secret = f"{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    key = PartnerKey.objects.create(
        partner=partner, name=name.strip()[:80], prefix=prefix, digest=digest_of(secret), scopes=wanted,
        created_by=by, created_at=at, expires_at=at + timedelta(days=parameters.value_at(DAYS, today).whole),
    )  # fmt: skip
    return key, secret


@transaction.atomic
def revoke_key(*, key: PartnerKey, by: User, at: datetime) -> PartnerKey:
    """Take a key back at once, for good. Raises: KeyRefused: it was already."""
    key = PartnerKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    if key.revoked_at is not None:
        raise KeyRefused(_("Cette clé est déjà révoquée."), next_step=_("Rechargez la page."))
    key.revoked_at, key.revoked_by = at, by
    key.save(update_fields=["revoked_at", "revoked_by"])
    return key


def recognise(secret: str, at: datetime) -> PartnerKey | None:
    """Return the key whose secret this is, in force at a moment; None for any other, whatever is wrong with it."""
    key = (
        PartnerKey.objects.select_related("partner__fund", "created_by")
        .filter(digest=digest_of(secret), revoked_at=None, expires_at__gt=at)
        .first()
    )
    if key is not None and key.last_used_on != (today := clock.local(at).date()):
        PartnerKey.objects.filter(pk=key.pk).update(last_used_on=today)
    return key


def keys_in_force(partner: Partner, at: datetime) -> int:
    return partner.keys.filter(revoked_at=None, expires_at__gt=at).count()


def digest_of(secret: str) -> str:
    """Return the SHA-256 of a secret: 256 bits of chance need no slower hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
