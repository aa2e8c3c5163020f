"""What a saver reads just before committing, with its digest: the commitment keeps the proof of it (E12, E18)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC

from fres.kernel.locked_texts import ShownText, read_text
from fres.kernel.money import to_cents
from funds.models import FiciVersion, Offer

WARNING = "loan.warning"
SHEET = "offer.fici"
_OF_LANE: Mapping[str, tuple[str, ...]] = {
    Offer.Lane.PROJECT: (WARNING, "loan.reflection", "loan.commitment"),
    Offer.Lane.GIFT: ("gift.commitment",),
}


def texts_of(offer: Offer) -> tuple[ShownText, ...]:
    """Return the texts shown before a commitment: the locked ones of its lane, its information sheet, its terms."""
    locked = tuple(read_text(key) for key in _OF_LANE[Offer.Lane(offer.lane)])
    return (*locked, *sheet_of(offer), offer_terms(offer))


def sheet_of(offer: Offer) -> tuple[ShownText, ...]:
    """Return the version in force of an offer's key information sheet, told by the hash of its bytes; none before it.

    E11: the commitment keeps which version was served.
    """
    if offer.is_gift:
        return ()
    last = (
        FiciVersion.objects.filter(offer=offer)
        .order_by("-number")
        .values_list("number", "document__number", "document__sha256")
        .first()
    )
    if last is None:
        return ()
    version, number, sha256 = last
    return (ShownText(SHEET, str(version), f"Fiche d’informations clés n° {number}, version {version}.", sha256),)


def offer_terms(offer: Offer) -> ShownText:
    """Return the terms a saver agrees to, as a canonical text: another digest as soon as one of them differs."""
    terms = {
        "offer": str(offer.uuid),
        "lane": offer.lane,
        "instrument": offer.instrument,
        "rate_bp": offer.rate_bp,
        "months": offer.months,
        "minimum_cents": to_cents(offer.minimum),
        "maximum_cents": to_cents(offer.maximum),
        "ticket_minimum_cents": to_cents(offer.ticket_minimum),
        "ticket_maximum_cents": to_cents(offer.ticket_maximum),
        "closes_at": offer.closes_at.astimezone(UTC).isoformat(),
        "settles_on": offer.settles_on.isoformat(),
        "gives_receipt": offer.gives_receipt,
        "risks": offer.risks,
    }
    body = json.dumps(terms, ensure_ascii=False, sort_keys=True, indent=0)
    digest = hashlib.sha256(body.encode()).hexdigest()
    return ShownText("offer.terms", digest[:12], body, digest)


def record_of(texts: tuple[ShownText, ...]) -> dict[str, dict[str, str]]:
    """Return what a commitment stores of the texts shown: key → version and SHA-256."""
    return {text.key: {"version": text.version, "sha256": text.digest} for text in texts}


def digest_of(texts: tuple[ShownText, ...]) -> str:
    """Return one digest for a page's texts: a form carries it, so that consent is to what was read and nothing else."""
    return hashlib.sha256("".join(text.digest for text in texts).encode()).hexdigest()
