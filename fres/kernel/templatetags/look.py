"""Drawings on pages: the tags that turn a description of `fres.kernel.charts` into inline SVG."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from fres.kernel import charts
from fres.kernel.models import Document

register = template.Library()


@register.simple_tag
def drawing(described: charts.Drawing, identifier: str) -> SafeString:
    """Return a drawing as inline SVG. `identifier` must be unique on its page."""
    return charts.to_svg(described, identifier=identifier)


@register.simple_tag
def offer_bar(figures: charts.OfferFigures, identifier: str, is_small: bool = False) -> SafeString:
    """Return the bar of an offer's four figures. `identifier` must be unique on its page."""
    return charts.to_svg(charts.offer_bar(figures, is_small=is_small), identifier=identifier)


@register.simple_tag
def offer_swatch(key: str, identifier: str) -> SafeString:
    """Return the sample of one figure of an offer: "cleared", "processing", "reflecting" or "waiting"."""
    return charts.swatch_svg(charts.offer_swatch(key), identifier=identifier)


STATE_SIGNS = {
    "state-draft": ("PREPARED", "DRAFT", "PLANNED", "PREFIGURATION", "NO_NUMBER", "FROZEN"),
    "state-open": ("OPEN", "CONFIRMED", "PROPOSED", "PROJECTED", "RENEWAL_DUE", "CONVENED", "VOTING", "ON_BALLOT"),
    "state-reflecting": ("RESTRUCTURED", "EXITING", "IN_REFLECTION", "TODAY", "CONTRACTING", "IN_PROGRESS"),
    "state-waiting": (
        "REQUESTED", "WAITING", "DUE", "TO_BE_PAID", "CLAIMED", "SUBMITTED", "QUESTIONED", "ADJOURNED", "REPORTED",
        "TO_VERIFY", "RETURNED", "PROMISED",
    ),
    "state-processing": (
        "ASKED", "OPENED", "PROCESSING", "PENDING", "APPROVED", "SENT", "REFUND_DUE", "UNDER_REVIEW", "IN_COMMITTEE",
        "APPEALED",
    ),
    "state-cleared": (
        "CLEARED", "SETTLED", "SUCCEEDED", "FUNDED", "MONITORED", "PAID", "DONE", "TAKEN", "GRANTED", "VERIFIED",
        "RECEIVED", "SEALED", "LABELLED", "ACTIVE", "ACCEPTED", "RELEASED", "CONCLUDED", "SIGNED", "ISSUED", "CURED",
        "PUBLISHED",
        "APPLIED",
        "CHOSEN", "COUNTED", "RECOVERED",
    ),
    "state-refunded": ("REFUNDED", "GIVEN_BACK", "REVOKED", "REVERSED", "STOPPED"),
    "state-closed": (
        "ENDED", "CLOSED", "CANCELLED", "EXPIRED", "LAPSED", "LEFT", "VOIDED", "REPLACED", "WITHDRAWN", "ABANDONED",
        "DISMISSED", "LEFT_OUT", "NOT_CHOSEN",
    ),
    "state-late": (
        "LATE", "FAILED", "REFUSED", "SUSPENDED", "ALERT", "BLOCKING", "INELIGIBLE", "REMOVED", "UPHELD", "NOT_FOUND",
        "OWED", "TAKEN_BACK",
    ),
    "state-default": ("DEFAULT", "DEFAULTED", "LOSS_RECOGNISED", "DISPUTED", "LOST", "CALLED"),
}  # fmt: skip
_SIGN_OF = {code: sign for sign, codes in STATE_SIGNS.items() for code in codes}


@register.filter
def state_sign(code: str) -> str:
    """Return the class that draws the sign of a state (look: a sign, a word, then a colour).

    Raises: KeyError: a state nobody gave a sign to, so that a new state cannot go unseen.
    """
    return _SIGN_OF[str(code)]


@register.filter
def is_purged(document: Document | dict[str, Any]) -> bool:
    """Return whether a document's retention is over: its row stays, its bytes are gone."""
    return document["purged"] if isinstance(document, dict) else getattr(document, "purge", None) is not None


@register.filter
def is_void(document: Document | dict[str, Any]) -> bool:
    """Return whether a document was voided; the row stays, with its number."""
    return document["voided"] if isinstance(document, dict) else getattr(document, "void", None) is not None


@register.filter
def replacement(document: Document) -> str:
    """Return the number of the document that replaces this one, or nothing."""
    successor = getattr(document, "superseded_by", None)
    return successor.number if successor is not None else ""
