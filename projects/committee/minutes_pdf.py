"""The minutes as a PDF: who was there, each file, what was voted and decided, who signed."""

from collections.abc import Iterator
from datetime import datetime

from fres.kernel import clock
from fres.kernel.check_codes import check_address
from fres.kernel.french_dates import date_in_words
from fres.kernel.pdf.flow import Block, Bullets, Heading, Paragraph, Table, Terms, Title, write_blocks
from fres.kernel.pdf.layout import RIGHT, Column, LedgerPage, Letterhead, Row
from projects.committee.minutes_content import BallotRow, ItemContent, MinutesContent, SignatureLine


def render_minutes(content: MinutesContent, signatures: tuple[SignatureLine, ...], number: str, at: datetime) -> bytes:
    """Return the PDF of sealed minutes under its number; the same content, signatures, number and moment give the same
    bytes."""
    sheet = LedgerPage(
        title=f"Procès-verbal n° {number}",
        letterhead=Letterhead(
            issuer=content.fund or content.committee,
            identified_by=content.committee,
            siren="",  # minutes are a committee's, which has none
            kind="Procès-verbal du comité",
            document_number=number,
            check_address=check_address(number),
        ),
        created_at=at,
        subject=f"{content.committee}, {content.day}",
    )
    write_blocks(sheet, tuple(blocks_of(content, signatures)))
    sheet.check_code()
    return sheet.finish()


def blocks_of(content: MinutesContent, signatures: tuple[SignatureLine, ...]) -> Iterator[Block]:
    """Yield the minutes block by block."""
    yield Title(f"{content.committee}\u00a0: séance du {content.day}")
    yield Terms(
        (
            ("Lieu", content.place),
            ("Séance", content.hours),
            ("Présidence", content.chair),
            ("Secrétariat", content.secretary),
            *content.rules,
        )
    )
    yield Heading("Membres")
    yield Table(
        (Column("Nom", is_header=True), Column("Collège"), Column("Présence")),
        tuple(Row((one.name, one.college, one.presence)) for one in content.members),
        summary="Membres du comité et leur présence",
    )
    for item in content.items:
        yield from _item(item)
    if content.notes:
        yield Heading("Notes de séance")
        yield Paragraph(content.notes)
    yield Heading("Signatures")
    for one in signatures:
        moment = clock.local(one.at)
        yield Paragraph(
            f"{one.capacity}\u00a0: {one.name}, signé le {date_in_words(moment.date())} à {moment.hour}\u00a0h\u00a0"
            f"{moment.minute:02}, par un acte enregistré."
        )
    yield Paragraph(f"Empreinte du contenu signé (SHA-256)\u00a0: {content.sha256}", is_quiet=True)


def _item(item: ItemContent) -> Iterator[Block]:
    yield Heading(f"{item.rank}. {item.title}")
    yield Paragraph(f"Porteur\u00a0: {item.holder}.")
    if item.recusals:
        yield Paragraph("Déports, dossier fermé aux personnes nommées, retirées du quorum\u00a0:")
        yield Bullets(item.recusals)
    else:
        yield Paragraph("Aucun déport.")
    if item.links:
        yield Paragraph("Liens déclarés qui n’empêchent pas de délibérer\u00a0:")
        yield Bullets(item.links)
    if item.criteria:
        yield Heading("Grille", level=3)
        yield Table(
            (
                Column("N°", 34, is_header=True),
                Column("Critère"),
                Column("Remarque", 92),
                Column("Poids", 46, align=RIGHT),
                Column("Moyenne", 58, align=RIGHT),
                Column("Notes", 52, align=RIGHT),
            ),
            tuple(Row((one.code, one.label, one.remark, one.weight, one.mean, one.spread)) for one in item.criteria),
            summary="Notes des évaluateurs par critère",
        )
        yield Paragraph(f"Note pondérée\u00a0: {item.score}.")
    if item.notes:
        yield Heading("Délibération", level=3)
        yield Paragraph(item.notes)
    for ballot in item.ballots:
        yield from _ballot(ballot)
    if not item.outcome:
        yield Paragraph("Aucune décision\u00a0: le dossier reste au comité, pour une autre séance.")
        return
    yield Heading("Décision", level=3)
    yield Terms((("Décision", item.outcome), ("Axe du schéma régional", item.axis), ("Motif", item.motive)))
    if item.conditions:
        yield Paragraph("Conditions suspensives\u00a0:")
        yield Bullets(item.conditions)


def _ballot(ballot: BallotRow) -> Iterator[Block]:
    yield Heading(f"Vote\u00a0: {ballot.proposal.lower()}", level=3)
    yield Table(
        (Column("Collège", is_header=True), Column("Votes", 220), Column("Poids", 60, align=RIGHT)),
        tuple(Row((name, count, weight)) for name, weight, count in ballot.colleges),
        summary="Votes par collège",
    )
    yield Paragraph(
        f"{ballot.result}\u00a0: {ballot.support} pour, en somme pondérée. {ballot.present} présents pour "
        f"{ballot.entitled} sièges comptés."
    )
