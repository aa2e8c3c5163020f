"""The texts a person agrees to, their versions, and the record that they did."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from investors.models import Consent, User


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of one text; `template` holds its words, and a changed word is a new version."""

    key: str
    version: str
    title: Promise | str
    template: str


TERMS = ConsentText("terms", "2026-11", _("Conditions d’utilisation"), "investors/texts/terms.html")
TEXTS = {text.key: text for text in (TERMS,)}


def record_consent(*, user: User, text: ConsentText, at: datetime) -> Consent:
    """Record that the person agreed to this version; agreeing twice keeps the first moment."""
    consent, _is_new = Consent.objects.get_or_create(
        user=user, text_key=text.key, text_version=text.version, defaults={"given_at": at}
    )
    return consent
