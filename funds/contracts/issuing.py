"""Issue the model contract of an offer and the contract of a loan: frozen, numbered, named by the rows they bind."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from fres.kernel import clock
from fres.kernel.documents import issue_document
from fres.kernel.models import Document
from funds.contracts.content import gather_contract, gather_model
from funds.contracts.pdf import render_contract
from funds.models import Loan, Offer

MODEL_KIND, CONTRACT_KIND = "loan_contract_model", "loan_contract"
MODEL_SERIES, CONTRACT_SERIES = "CTP", "PRET"
_RELATED = ("books__party", "paying_agent", "project__organisation__party")


@transaction.atomic
def issue_contract_model(*, offer: Offer, at: datetime) -> Document:
    """Issue the model contract that an offer shows before anyone commits; a second call returns the one that exists.

    Anyone may read it: it belongs to nobody and names no lender.
    """
    offer = Offer.objects.select_for_update(of=("self",), no_key=True).select_related(*_RELATED).get(pk=offer.pk)
    about = ("offer", offer.uuid)
    found = _last(MODEL_KIND, about)
    if found is not None:
        return found
    contract = gather_model(offer=offer, at=at)
    return issue_document(
        series=MODEL_SERIES,
        year=clock.local(at).year,
        kind=MODEL_KIND,
        about=about,
        owner_party=None,
        title=f"Contrat type de prêt, {offer.project.title}"[:200],
        at=at,
        render=lambda number: render_contract(contract, number),
    )


@transaction.atomic
def issue_loan_contract(*, loan: Loan, at: datetime) -> Document:
    """Issue the contract of a loan and write it on the loan; a second call returns the one that exists.

    Call it once the register of holders is written. Its lenders and its borrower's members may read it.
    """
    loan = (
        Loan.objects.select_for_update(of=("self",), no_key=True)
        .select_related("contract", *(f"offer__{name}" for name in _RELATED))
        .get(pk=loan.pk)
    )
    if loan.contract is not None:
        return loan.contract
    contract = gather_contract(loan=loan, at=at)
    loan.contract = issue_document(
        series=CONTRACT_SERIES,
        year=clock.local(at).year,
        kind=CONTRACT_KIND,
        about=("loan", loan.uuid),
        owner_party=loan.borrower.uuid,
        title=f"Contrat de prêt, {loan.offer.project.title}"[:200],
        at=at,
        render=lambda number: render_contract(contract, number),
        amounts_cents={"principal": loan.principal_cents, "interest": contract.interest_cents},
    )
    loan.save(update_fields=["contract"])
    return loan.contract


def issue_missing_contracts(at: datetime) -> int:
    """Issue the contract of each loan that has none; return how many."""
    loans = list(Loan.objects.filter(contract=None).order_by("pk"))
    for loan in loans:
        issue_loan_contract(loan=loan, at=at)
    return len(loans)


def _last(kind: str, about: tuple[str, UUID]) -> Document | None:
    return Document.objects.filter(kind=kind, about_type=about[0], about_uuid=about[1]).order_by("-pk").first()
