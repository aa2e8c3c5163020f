"""The text of the loan contract, article by article, and its schedule in an annex (CMF R548-6, as far as it applies).

A model and a signed contract have the same articles; what is not known before the offer succeeds is said to come.
"""

from collections.abc import Iterator

from fres.kernel import clock
from fres.kernel.check_codes import check_address
from fres.kernel.french_dates import date_in_figures, date_in_words
from fres.kernel.money import NO_BREAK_SPACE, format_cents
from fres.kernel.pdf.flow import (
    Block,
    Bullets,
    Clause,
    Heading,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
    Terms,
    Title,
    write_blocks,
)
from fres.kernel.pdf.layout import RIGHT, Column, LedgerPage, Letterhead, Row, RowKind
from fres.kernel.words import amount_in_words
from funds.contracts.content import ContractParty, LoanContract


def render_contract(contract: LoanContract, number: str) -> bytes:
    """Return the PDF of a contract or model under its number; the same content and number give the same bytes."""
    title = f"{'Contrat type de prêt' if contract.is_model else 'Contrat de prêt'} n° {number}"
    sheet = LedgerPage(
        title=title,
        letterhead=Letterhead(
            issuer=contract.operator.name,
            siren=_grouped(contract.operator.siren),
            kind="Contrat type" if contract.is_model else "Contrat de prêt",
            document_number=number,
            check_address=check_address(number),
        ),
        created_at=contract.at,
        subject=contract.project_title,
    )
    write_blocks(sheet, tuple(blocks_of(contract)))
    sheet.check_code()
    return sheet.finish()


def blocks_of(contract: LoanContract) -> Iterator[Block]:
    """Yield the contract block by block."""
    yield Title(f"{'Contrat type de prêt' if contract.is_model else 'Contrat de prêt'}\u00a0: {contract.project_title}")
    yield Paragraph(
        f"Offre {contract.offer_reference}. Prêt avec intérêts consenti par plusieurs prêteurs à un porteur de projet, "
        "par l’intermédiaire d’une plateforme de financement participatif (règlement (UE) 2020/1503).",
        is_quiet=True,
    )
    yield Terms(tuple(_summary(contract)))
    yield _parties(contract)
    yield _amount(contract)
    yield _release(contract)
    yield _interest(contract)
    yield _repayment(contract)
    yield _fees(contract)
    yield _withdrawal(contract)
    yield Clause(
        "Remboursement anticipé",
        (
            Paragraph(
                "L’emprunteur peut rembourser par anticipation tout ou partie du capital restant dû, sans "
                "indemnité, en prévenant l’opérateur trente jours avant. Les intérêts courus jusqu’au jour du "
                "remboursement restent dus."
            ),
            Paragraph("Un remboursement anticipé partiel est réparti entre les prêteurs comme une échéance."),
        ),
    )
    yield _default(contract)
    yield _risks(contract)
    yield _tax(contract)
    yield _roles(contract)
    yield _complaints(contract)
    yield Clause(
        "Langue, droit, preuve",
        (
            Paragraph("Le contrat est rédigé en français et soumis au droit français."),
            Paragraph(
                "Il est conclu par voie électronique et conservé par l’opérateur sous un numéro et une empreinte "
                "(SHA-256) que chacun peut vérifier à l’adresse imprimée sur chaque page. Un document émis ne "
                "change pas\u00a0: un avenant est un nouveau document, qui nomme celui-ci."
            ),
        ),
    )
    if contract.is_model:
        yield Signatures(("L’emprunteur", "L’opérateur"))
    yield PageBreak()
    yield Heading("Annexe\u00a0: échéancier")
    yield Paragraph(_schedule_note(contract))
    yield _schedule(contract)


def _summary(contract: LoanContract) -> Iterator[tuple[str, str]]:
    if contract.is_model:
        yield (
            "Montant recherché",
            f"de {format_cents(contract.minimum_cents)} à {format_cents(contract.maximum_cents)}",
        )
    else:
        amount = contract.principal_cents
        yield "Capital prêté", f"{format_cents(amount)} ({amount_in_words(amount)})"
    yield "Taux", f"{_rate(contract.rate_bp)} par an, fixe"
    yield "Durée", f"{contract.months} mois, échéances mensuelles constantes"
    yield "Emprunteur", contract.borrower.name
    yield "Projet", f"{contract.project_title}, {contract.place}"
    if contract.signed_at is not None:
        yield "Conclu le", date_in_words(clock.local(contract.signed_at).date())


def _parties(contract: LoanContract) -> Clause:
    if contract.register is None:
        lenders = (
            "Les prêteurs sont les personnes dont l’engagement est confirmé et payé quand l’offre réussit. Chacune est "
            "inscrite au registre des prêteurs sous un numéro, avec son identité et son adresse."
        )
    else:
        count = contract.register.lenders
        who = "un prêteur" if count == 1 else f"{count} prêteurs"
        lenders = (f"Les prêteurs sont les {count} personnes" if count > 1 else "Le prêteur est la personne") + (
            f" du registre que tient l’opérateur\u00a0: {who}, pour {format_cents(contract.principal_cents)}. Chacun y "
            "figure sous un numéro, avec son identité, son adresse et le capital prêté, et reçoit le détail de sa "
            f"part dans son espace. Empreinte du registre (SHA-256)\u00a0: {contract.register.sha256}."
        )
    return Clause(
        "Parties",
        (
            Paragraph("L’emprunteur\u00a0:"),
            Terms(_identity(contract.borrower)),
            Paragraph(lenders),
            Paragraph("L’opérateur de la plateforme, intermédiaire et mandataire des prêteurs\u00a0:"),
            Terms(_identity(contract.operator)),
        ),
    )


def _identity(party: ContractParty) -> tuple[tuple[str, str], ...]:
    pairs = (
        ("Dénomination", party.name),
        ("Forme juridique", party.legal_form),
        ("SIREN", _grouped(party.siren)),
        ("Adresse", party.address),
        ("Courriel", party.email),
        ("Représentant légal", ", ".join(party.represented_by)),
    )
    return tuple((name, value) for name, value in pairs if value)


def _amount(contract: LoanContract) -> Clause:
    if contract.is_model:
        amount = (
            "Les prêteurs prêtent ensemble à l’emprunteur une somme comprise entre "
            f"{format_cents(contract.minimum_cents)} et {format_cents(contract.maximum_cents)}, fixée au jour où "
            f"l’offre réussit. Chacun prête entre {format_cents(contract.ticket_minimum_cents)} et "
            f"{format_cents(contract.ticket_maximum_cents)}."
        )
    else:
        amount = (
            f"Les prêteurs prêtent ensemble à l’emprunteur {format_cents(contract.principal_cents)} "
            f"({amount_in_words(contract.principal_cents)}). Chacun est créancier de sa seule part, sans solidarité."
        )
    return Clause(
        "Objet et montant",
        (
            Paragraph(amount),
            Paragraph(f"L’argent sert à ceci, et à rien d’autre\u00a0: {contract.project_purpose}"),
        ),
    )


def _release(contract: LoanContract) -> Clause:
    return Clause(
        "Mise à disposition des fonds",
        (
            Paragraph(
                f"L’offre réussit quand l’argent encaissé atteint {format_cents(contract.minimum_cents)}. Le dernier "
                f"engagement est reçu le {date_in_words(clock.local(contract.closes_at).date())}\u202f; l’offre est "
                f"décidée au plus tard le {date_in_words(contract.settles_on)}. Si elle échoue, chaque euro est "
                "rendu par le moyen de paiement qui l’a apporté, et il n’y a pas de prêt."
            ),
            Paragraph(
                "Jusque-là, les sommes sont détenues chez le prestataire de services de paiement pour le compte de "
                "chaque prêteur. Après le succès, elles sont versées à l’emprunteur, frais déduits, sur l’ordre de "
                "deux personnes différentes."
            ),
        ),
    )


def _interest(contract: LoanContract) -> Clause:
    example = "Pour l’exemple annexé, " if contract.is_model else ""
    start = "le coût total" if example else "Le coût total"
    return Clause(
        "Intérêts et coût total",
        (
            Paragraph(
                f"Le prêt porte intérêt au taux fixe de {_rate(contract.rate_bp)} par an. L’intérêt d’un mois est le "
                "capital restant dû multiplié par ce taux et divisé par douze, arrondi au centime."
            ),
            Paragraph(
                f"{example}{start} pour l’emprunteur est de {format_cents(contract.cost_cents)}\u00a0: "
                f"{format_cents(contract.interest_cents)} d’intérêts et {format_cents(contract.fee_cents)} de frais, "
                "taxes comprises."
            ),
        ),
    )


def _repayment(contract: LoanContract) -> Clause:
    return Clause(
        "Remboursement",
        (
            Paragraph(
                f"L’emprunteur rembourse en {contract.months} échéances mensuelles constantes, qui comprennent "
                "capital et intérêts\u202f; la dernière solde le capital. La première tombe un mois après le versement "
                "des fonds."
            ),
            Paragraph(
                "Chaque échéance reçue est répartie entre les prêteurs selon leur part, au centime près\u00a0: les "
                "centimes qui restent vont aux plus forts restes. Les sommes dues à un prêteur lui sont versées sur "
                "un compte à son nom."
            ),
        ),
    )


def _fees(contract: LoanContract) -> Clause:
    owed = (
        f"L’emprunteur paie à l’opérateur {_rate(contract.fee_bp)} du capital versé, taxes comprises, retenus sur le "
        "versement."
        if contract.fee_bp
        else "L’emprunteur ne paie pas de frais à l’opérateur."
    )
    return Clause(
        "Frais",
        (
            Paragraph(owed),
            Paragraph(
                f"Les prêteurs ne paient aucuns frais\u00a0: {format_cents(0)}, soit {_rate(0)} de la somme prêtée."
            ),
        ),
    )


def _withdrawal(contract: LoanContract) -> Clause:
    return Clause(
        "Réflexion et rétractation",
        (
            Paragraph(
                "Un prêteur non averti peut retirer son engagement, sans motif et sans frais, pendant "
                f"{contract.reflection_days} jours calendaires et au moins {contract.reflection_hours} heures "
                "(règlement (UE) 2020/1503, article 22). Il le fait en un geste, depuis son espace."
            ),
            Paragraph(
                f"L’engagement est ensuite ferme. Il se paie dans les {contract.payment_days} jours\u202f; impayé, il "
                "expire et la place est rendue. Le prêteur ne peut plus demander le remboursement du capital avant "
                "les échéances."
            ),
        ),
    )


def _default(contract: LoanContract) -> Clause:
    return Clause(
        "Retard et défaut",
        (
            Paragraph(
                "Une échéance impayée à sa date est en retard. L’opérateur relance l’emprunteur et en informe les "
                "prêteurs. Les sommes en retard continuent de porter intérêt au taux du contrat."
            ),
            Paragraph(
                f"Le prêt est en défaut après plus de {contract.default_days} jours de retard, ou quand l’emprunteur "
                "fait l’objet d’une procédure collective, ou en cas de fraude. L’opérateur en informe les prêteurs "
                "sans délai, met l’emprunteur en demeure, recouvre pour leur compte et répartit ce qu’il reçoit "
                "selon leurs parts."
            ),
            Paragraph(
                "Après une mise en demeure restée trente jours sans effet, le capital restant dû et les intérêts "
                "courus deviennent exigibles. L’opérateur ne paie pas à la place de l’emprunteur."
            ),
        ),
    )


def _risks(contract: LoanContract) -> Clause:
    return Clause(
        "Risques",
        (
            Paragraph(contract.risks),
            Bullets(
                (
                    "Le prêteur peut perdre tout ou partie de la somme prêtée.",
                    "Le prêt n’est garanti par personne. Il n’est couvert ni par la garantie des dépôts ni par "
                    "l’indemnisation des investisseurs (règlement (UE) 2020/1503, article 19).",
                    "Le capital n’est disponible qu’au fil des échéances\u00a0: il n’y a pas de marché où céder sa "
                    "part.",
                )
            ),
        ),
    )


def _tax(contract: LoanContract) -> Clause:
    return Clause(
        "Impôt",
        (
            Paragraph(
                f"L’agent payeur est {contract.paying_agent}. Sur les intérêts versés à une personne physique "
                "résidente de France, il retient les prélèvements prévus par la loi aux taux en vigueur le jour du "
                "versement, et les déclare. Le capital remboursé n’est pas un revenu."
            ),
        ),
    )


def _roles(contract: LoanContract) -> Clause:
    return Clause(
        "Rôle de l’opérateur",
        (
            Paragraph(
                f"{contract.operator.name} tient le registre des prêteurs et l’échéancier, encaisse les échéances "
                "par un prestataire de services de paiement, les répartit, suit le prêt et rend compte aux prêteurs "
                "chaque année par un relevé. Il ne prête pas lui-même et ne participe à aucune de ses offres."
            ),
            Paragraph(
                "S’il cesse son activité, le registre, l’échéancier et les sommes détenues passent à un autre "
                "opérateur agréé qui poursuit le contrat."
            ),
        ),
    )


def _complaints(contract: LoanContract) -> Clause:
    where = f" à {contract.complaints_email}" if contract.complaints_email else " à l’opérateur"
    mediation = (
        f" Sans réponse satisfaisante, elle peut saisir le médiateur\u00a0: {contract.mediator}."
        if contract.mediator
        else " Sans réponse satisfaisante, elle peut saisir le médiateur nommé dans les mentions légales du site."
    )
    return Clause(
        "Réclamations et médiation",
        (
            Paragraph(
                f"Une partie peut adresser une réclamation, gratuitement,{where}, par le formulaire du site ou par "
                f"courrier.{mediation}"
            ),
        ),
    )


def _schedule_note(contract: LoanContract) -> str:
    if contract.is_model:
        return (
            f"Exemple pour {format_cents(contract.principal_cents)} prêtés. L’échéancier du prêt est annexé au "
            "contrat quand l’offre réussit."
        )
    if contract.rows and contract.rows[0].due_on is None:
        return (
            f"Échéances des {format_cents(contract.principal_cents)} prêtés. Leurs dates courent du jour du "
            "versement\u00a0: la première un mois après, puis chaque mois\u202f; chaque prêteur les lit dans son "
            "espace."
        )
    return f"Échéances des {format_cents(contract.principal_cents)} prêtés."


def _schedule(contract: LoanContract) -> Table:
    is_dated = any(row.due_on for row in contract.rows)
    figures = tuple(Column(name, width=78, align=RIGHT) for name in ("Capital", "Intérêts", "Échéance", "Reste dû"))
    first = Column("Échéance", is_header=True)
    columns = (Column("Date", in_margin=True), first, *figures) if is_dated else (first, *figures)
    rows = []
    for row in contract.rows:
        cells = (
            f"n° {row.rank}",
            format_cents(row.principal_cents),
            format_cents(row.interest_cents),
            format_cents(row.principal_cents + row.interest_cents),
            format_cents(row.balance_after_cents),
        )
        rows.append(Row((date_in_figures(row.due_on), *cells) if is_dated and row.due_on else cells))
    principal = sum(row.principal_cents for row in contract.rows)
    interest = contract.interest_cents
    total = ("Total", format_cents(principal), format_cents(interest), format_cents(principal + interest), "")
    rows.append(Row(("", *total) if is_dated else total, RowKind.TOTAL))
    return Table(columns, tuple(rows), "Échéancier du prêt")


def _rate(basis_points: int) -> str:
    return f"{basis_points // 100},{basis_points % 100:02}{NO_BREAK_SPACE}%"


def _grouped(siren: str) -> str:
    return NO_BREAK_SPACE.join(siren[start : start + 3] for start in range(0, len(siren), 3))
