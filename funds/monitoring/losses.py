"""A loss recognised: what each lender did not get back, with the statement they may show for their taxes.

The loan is between the lenders and the project: no account of the operator holds it, so nothing is posted; what the
ledger holds (shares not paid out yet) is untouched and stays owed to each lender.
"""

from datetime import datetime
from functools import partial

from django.db.models import Sum
from django.db.models.functions import Coalesce

from fres.kernel import clock
from fres.kernel.check_codes import check_address
from fres.kernel.documents import issue_document
from fres.kernel.money import format_cents
from fres.kernel.pdf.flow import Paragraph, Terms, Title, write_blocks
from fres.kernel.pdf.layout import LedgerPage, Letterhead
from fres.kernel.templatetags.fres import date_long
from funds.models import FinancingRequest, Holding, LossLine

SERIES, KIND = "PERTE", "loss_statement"


def write_losses(*, request: FinancingRequest, at: datetime) -> int:
    """Write each lender's loss and issue its statement; return how many. Called where the loss is decided.

    What was lost is the capital lent less the capital shared back, whole cents.
    """
    holdings = request.offer.loan.holdings.select_related("party", "loan__offer__project", "loan__offer__books")
    written = 0
    for holding in holdings.annotate(back=Coalesce(Sum("lines__principal_cents"), 0)).order_by("pk"):
        lost = holding.principal_cents - holding.back
        if lost <= 0:
            continue
        statement = issue_document(
            series=SERIES,
            year=clock.local(at).year,
            kind=KIND,
            about=("offer", request.offer.uuid),
            owner_party=holding.party.uuid,
            title=f"Attestation de perte, {request.offer.project.title}"[:200],
            at=at,
            render=partial(_render, holding, lost, request, at),
            amounts_cents={"lost": lost},
        )
        LossLine.objects.create(request=request, holding=holding, lost_cents=lost, statement=statement)
        written += 1
    return written


def _render(holding: Holding, lost: int, request: FinancingRequest, at: datetime, number: str) -> bytes:
    offer = holding.loan.offer
    sheet = LedgerPage(
        title=f"Attestation de perte n° {number}",
        letterhead=Letterhead(
            issuer=offer.books.name,
            siren=offer.books.siren,
            kind="Attestation de perte",
            document_number=number,
            check_address=check_address(number),
        ),
        created_at=at,
        subject=offer.project.title,
    )
    blocks = (
        Title("Attestation de perte en capital"),
        Terms(
            (
                ("Prêteur", holding.party.number),
                ("Projet", offer.project.title),
                ("Prêt conclu le", date_long(holding.loan.signed_at)),
                ("Capital prêté", format_cents(holding.principal_cents)),
                ("Capital rendu", format_cents(holding.principal_cents - lost)),
                ("Capital perdu", format_cents(lost)),
                ("Perte constatée le", date_long(at)),
            )
        ),
        Paragraph(request.reason),
        Paragraph("Le traitement fiscal de cette perte dépend de votre situation et de l’année\u00a0: à confirmer."),
    )
    write_blocks(sheet, blocks)
    sheet.check_code()
    return sheet.finish()
