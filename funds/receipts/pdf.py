"""Draw a receipt: every mention of the model, on one page, the amount in figures between asterisks and in words."""

from datetime import date

from fres.kernel import clock
from fres.kernel.check_codes import check_address
from fres.kernel.french_dates import date_in_words
from fres.kernel.money import NARROW_SPACE, NO_BREAK_SPACE
from fres.kernel.pdf.layout import LedgerPage, Letterhead
from fres.kernel.pdf.style import MM, QUIET, STRONG
from fres.kernel.words import amount_in_words
from funds.receipts.content import Body, Receipt

_ARTICLE_IN_FRENCH = {
    "200": "article 200 du code général des impôts (impôt sur le revenu)",
    "978": "article 978 du code général des impôts (impôt sur la fortune immobilière)",
    "238bis": "article 238 bis du code général des impôts (entreprises)",
}
_MODEL = {
    False: (
        "Reçu au titre des dons à certains organismes d’intérêt général",
        "Articles 200 et 978 du code général des impôts. Ce reçu porte les mentions du modèle Cerfa n° 11580*05.",
    ),
    True: (
        "Reçu au titre des dons effectués par les entreprises",
        "Article 238 bis du code général des impôts. Ce reçu porte les mentions du modèle Cerfa n° 16216*02.",
    ),
}


def render_receipt(receipt: Receipt, number: str) -> bytes:
    """Return the PDF of a receipt under its number; the same receipt and number give the same bytes."""
    title, model = _MODEL[receipt.is_company]
    beneficiary = receipt.beneficiary
    sheet = LedgerPage(
        title=f"Reçu fiscal n° {number}",
        letterhead=Letterhead(
            issuer=beneficiary.name,
            siren=_grouped(beneficiary.siren) or beneficiary.rna,
            kind="Reçu fiscal",
            document_number=number,
            check_address=check_address(number),
            identified_by="SIREN" if beneficiary.siren else "RNA",
        ),
        created_at=receipt.issued_at,
        subject=title,
    )
    on = clock.local(receipt.issued_at).date()
    sheet.title(title)
    sheet.paragraph(f"{model} N° d’ordre du reçu\u00a0: {number}.", QUIET)
    if receipt.replaced is not None:
        old = receipt.replaced
        sheet.paragraph(
            f"Ce reçu remplace le reçu n° {old.number}, annulé le {date_in_words(old.voided_on)}\u00a0: {old.reason}",
            STRONG,
        )
    width = 44 * MM
    sheet.heading("Bénéficiaire du don")
    sheet.terms(
        [
            ("Dénomination", beneficiary.name),
            *_registers(beneficiary),
            ("Adresse", ", ".join(beneficiary.address)),
            ("Objet", receipt.purpose),
            ("Catégorie d’organisme", receipt.category),
        ],
        label_width=width,
    )
    sheet.heading("Donateur")
    sheet.terms(_donor(receipt), label_width=width)
    sheet.heading("Don")
    sheet.terms(_gift(receipt), label_width=width)
    sheet.paragraph(
        "Le bénéficiaire reconnaît avoir reçu ce don et certifie sur l’honneur qu’il ouvre droit à la réduction "
        "d’impôt prévue à l’article coché\u00a0:",
        after=2,
    )
    boxes = [
        f"[{'X' if one in receipt.articles else NO_BREAK_SPACE * 2}]  {_ARTICLE_IN_FRENCH[one]}"
        for one in receipt.offered
    ]
    sheet.bullets(boxes)
    sheet.paragraph(
        f"Fait le {date_in_words(on)}. Pour le bénéficiaire\u00a0: {receipt.signatory}. Reçu délivré en son nom et "
        f"pour son compte par {receipt.agent_name}, SIREN {_grouped(receipt.agent_siren)}, selon le mandat signé le "
        f"{date_in_words(receipt.mandate_signed_on)}."
    )
    sheet.check_code(side=18 * MM)
    return sheet.finish()


def amount_between_asterisks(cents: int) -> str:
    """Return an amount as tax receipts write it in figures, so that nothing can be added: "***1 234,00***"."""
    euros, rest = divmod(cents, 100)
    return f"***{euros:,}".replace(",", NARROW_SPACE) + f",{rest:02}***"


def _registers(body: Body) -> list[tuple[str, str]]:
    pairs = [("SIREN", _grouped(body.siren)), ("RNA", body.rna)]
    return [(name, value) for name, value in pairs if value]


def _donor(receipt: Receipt) -> list[tuple[str, str]]:
    donor = receipt.donor
    address = ("Adresse", ", ".join(donor.address))
    if receipt.is_company:
        return [
            ("Dénomination", donor.name),
            ("Forme juridique", donor.legal_form),
            ("SIREN", _grouped(donor.siren)),
            address,
        ]
    return [("Nom", donor.family_name), ("Prénoms", donor.given_names), address]


def _gift(receipt: Receipt) -> list[tuple[str, str]]:
    figures = f"{amount_between_asterisks(receipt.amount_cents)}{NO_BREAK_SPACE}euros"
    words = amount_in_words(receipt.amount_cents)
    day: date = receipt.paid_on
    rest = [
        ("Date du versement", date_in_words(day)),
        ("Forme du don", receipt.form),
        ("Nature du don", receipt.nature),
        ("Mode de versement", receipt.means),
    ]
    if not receipt.is_company:
        return [("Montant en chiffres", figures), ("Montant en lettres", words), *rest]
    nothing = f"{amount_between_asterisks(0)}{NO_BREAK_SPACE}euros"
    return [
        ("Total des dons en numéraire", figures),
        ("Total des dons en nature", nothing),
        ("Total général", figures),
        ("Total en lettres", words),
        *rest,
    ]


def _grouped(siren: str) -> str:
    return NO_BREAK_SPACE.join(siren[start : start + 3] for start in range(0, len(siren), 3))
