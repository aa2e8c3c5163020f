"""Give, void and replace tax receipts. One is valid at a time for a gift; none is ever edited (ruling B7)."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from fres.kernel import clock, jobs
from fres.kernel.documents import issue_document, void_document
from fres.kernel.french_dates import date_in_figures
from fres.kernel.money import to_cents
from funds.models import Commitment, GiftReceipt
from funds.receipts.content import NoReceipt, Receipt, Replaced, gather_receipt
from funds.receipts.pdf import render_receipt
from funds.states import CommitmentState

KIND = "gift_receipt"
GIVEN = frozenset({CommitmentState.CLEARED, CommitmentState.SETTLED})


@transaction.atomic
def issue_receipt(*, commitment: Commitment, at: datetime) -> GiftReceipt | None:
    """Give the receipt of a gift that cleared, once: a second call returns the one that is valid.

    Its number has no gap in the series `<SIREN or RNA of the beneficiary>/<year of issue>/<rank>`; the row, the number
    and the bytes come in one transaction. After a gift was given back and stands again, the new receipt names the one
    that was voided.
    Returns: the valid receipt; None when none may be given: `why_no_receipt` says why.
    """
    commitment = _locked(commitment)
    valid = _valid_receipt(commitment)
    if valid is not None:
        return valid
    if commitment.state not in GIVEN:
        return None
    with override(settings.LANGUAGE_CODE):
        return _issue(commitment, amount_cents=to_cents(commitment.amount), at=at)


@transaction.atomic
def void_receipts(*, commitment: Commitment, remaining_cents: int, at: datetime, reason: object) -> GiftReceipt | None:
    """Void the receipt of a gift given back or contested and, when part of it remains, replace it: together or not at
    all. The same call again changes nothing.

    Args: remaining_cents: what remains given, 0 when nothing does. reason: a lazy text,
            or French: printed on the replacement in French, whatever language is being spoken.
    Returns: the receipt now valid, or None.
    """
    commitment = _locked(commitment)
    valid = _valid_receipt(commitment)
    if valid is None or valid.amount_cents == remaining_cents:
        return valid
    with override(settings.LANGUAGE_CODE):
        void_document(document=valid.document, reason=str(reason), at=at)
        if remaining_cents <= 0:
            return None
        return _issue(commitment, amount_cents=remaining_cents, at=at)


def why_no_receipt(*, commitment: Commitment, at: datetime) -> str:
    """Return in French why no receipt can be given for a gift, or an empty text when one can."""
    try:
        gather_receipt(commitment=commitment, amount_cents=to_cents(commitment.amount), at=at)
    except NoReceipt as refusal:
        return str(refusal)
    return ""


def queue_receipt(*, commitment: Commitment) -> bool:
    """Put the issuing of a receipt in the queue, in the current transaction; for gifts that may have one."""
    from funds.receipts.tasks import issue_receipt_of

    if not (commitment.offer.is_gift and commitment.offer.gives_receipt and commitment.wants_receipt):
        return False
    lock = f"receipt-{commitment.uuid}"
    return jobs.defer(issue_receipt_of, queueing_lock=lock, lock=lock, commitment_uuid=str(commitment.uuid))


def _locked(commitment: Commitment) -> Commitment:
    related = ("offer__books", "offer__project__organisation__party", "saver")
    return (
        Commitment.objects.select_for_update(of=("self",), no_key=True).select_related(*related).get(pk=commitment.pk)
    )


def _valid_receipt(commitment: Commitment) -> GiftReceipt | None:
    receipts = GiftReceipt.objects.filter(commitment=commitment, document__void=None)
    return receipts.select_related("document").order_by("-pk").first()


def _issue(commitment: Commitment, *, amount_cents: int, at: datetime) -> GiftReceipt | None:
    last = GiftReceipt.objects.filter(commitment=commitment).select_related("document__void").order_by("-pk").first()
    replaced = None
    if last is not None:
        void = last.document.void
        replaced = Replaced(last.document.number, clock.local(void.at).date(), void.reason)
    try:
        receipt = gather_receipt(commitment=commitment, amount_cents=amount_cents, at=at, replaced=replaced)
    except NoReceipt:
        return None
    beneficiary = commitment.offer.project.organisation.party
    document = issue_document(
        series=beneficiary.siren or beneficiary.rna,
        year=clock.local(at).year,
        kind=KIND,
        about=("commitment", commitment.uuid),
        owner_party=commitment.saver.uuid,
        title=f"Reçu fiscal, don du {date_in_figures(receipt.paid_on)}",
        at=at,
        render=_renderer(receipt),
        supersedes=last.document if last is not None else None,
        amounts_cents={"gift": amount_cents},
    )
    return GiftReceipt.objects.create(
        commitment=commitment,
        beneficiary=beneficiary,
        donor=commitment.saver,
        amount_cents=amount_cents,
        paid_on=receipt.paid_on,
        issued_at=at,
        document=document,
        replaces=last,
    )


def _renderer(receipt: Receipt) -> Callable[[str], bytes]:
    return lambda number: render_receipt(receipt, number)
