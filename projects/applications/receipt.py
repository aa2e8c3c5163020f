"""The receipt of an application: what was sent, by whom, when, word for word. Renders only (design D9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fres.kernel import clock
from fres.kernel.check_codes import check_address
from fres.kernel.french_dates import date_in_figures, date_in_words
from fres.kernel.money import NO_BREAK_SPACE, format_cents
from fres.kernel.pdf.flow import Block, Bullets, Heading, PageBreak, Paragraph, Table, Terms, Title, write_blocks
from fres.kernel.pdf.layout import LEFT, RIGHT, Column, LedgerPage, Letterhead, Row, RowKind


@dataclass(frozen=True)
class ReceiptPiece:
    name: str
    label: str
    sha256: str
    valid_to: date | None


@dataclass(frozen=True)
class ApplicationReceipt:
    """All that the receipt prints. `sections` are frozen in words (`printing.frozen_sections`)."""

    issuer: str
    issuer_siren: str
    fund: str
    call: str
    reference: str  # of an earlier version; empty for the first, whose number it is
    version: int
    is_complement: bool
    form_version: int
    organisation: str
    organisation_number: str
    project: str
    accompanied_by: str
    requested_cents: int
    signed_by: str
    signed_at: datetime
    content_sha256: str
    answer_by: date | None
    sections: tuple[dict[str, Any], ...]
    pieces: tuple[ReceiptPiece, ...]


def render_receipt(receipt: ApplicationReceipt, number: str) -> bytes:
    """Return the PDF of a receipt under its number; the same content and number give the same bytes."""
    sheet = LedgerPage(
        title=f"Accusé de dépôt n° {number}",
        letterhead=Letterhead(
            issuer=receipt.issuer,
            siren=receipt.issuer_siren,
            kind="Accusé de dépôt",
            document_number=number,
            check_address=check_address(number),
        ),
        created_at=receipt.signed_at,
        subject=receipt.project,
    )
    write_blocks(sheet, tuple(blocks_of(receipt, number)))
    sheet.check_code()
    return sheet.finish()


def blocks_of(receipt: ApplicationReceipt, number: str) -> Iterator[Block]:
    """Yield the receipt block by block."""
    what = "Complément reçu" if receipt.is_complement else "Dossier reçu"
    yield Title(f"{what}{NO_BREAK_SPACE}: {receipt.project}")
    moment = clock.local(receipt.signed_at)
    hour = f"{moment.hour}{NO_BREAK_SPACE}h{NO_BREAK_SPACE}{moment.minute:02}"
    yield Paragraph(f"Reçu le {date_in_words(moment.date())} à {hour}, heure de Paris.")
    yield Terms(
        (
            ("Dossier", receipt.reference or number),
            ("Appel", f"{receipt.call} ({receipt.fund})"),
            ("Porteur", f"{receipt.organisation}, {receipt.organisation_number}"),
            ("Montant demandé", format_cents(receipt.requested_cents)),
            ("Accompagné par", receipt.accompanied_by),
            ("Signé par", receipt.signed_by),
            ("Version", f"{receipt.version}, formulaire version {receipt.form_version}"),
            ("Empreinte du contenu", receipt.content_sha256),
        )
    )
    yield Heading("La suite")
    if receipt.answer_by is not None:
        yield Paragraph(
            f"Nous vous disons si le dossier est recevable au plus tard le {date_in_words(receipt.answer_by)}. "
            "Un refus est toujours motivé, avec ce que vous pouvez faire ensuite et un recours."
        )
    else:
        yield Paragraph("L’instruction reprend aujourd’hui\u00a0: le délai avait été arrêté pendant vos réponses.")
    yield Paragraph(
        "Le contenu ci-dessous ne change plus. Une réponse à une question du fonds s’y ajoute comme une nouvelle "
        "version, sans remplacer celle-ci.",
        is_quiet=True,
    )
    yield Heading("Pièces jointes")
    if receipt.pieces:
        yield Bullets(tuple(_piece(piece) for piece in receipt.pieces))
    else:
        yield Paragraph("Aucune.")
    yield PageBreak()
    yield Heading("Le dossier tel que reçu")
    for section in receipt.sections:
        yield Heading(section["title"], level=3)
        yield from _lines(section["lines"])


def _lines(lines: list[dict[str, Any]]) -> Iterator[Block]:
    pairs: list[tuple[str, str]] = []
    for line in lines:
        if "rows" not in line:
            pairs.append((line["label"], line["text"]))
            continue
        if pairs:
            yield Terms(tuple(pairs))
            pairs = []
        yield Paragraph(line["label"])
        yield from _table(line)
    if pairs:
        yield Terms(tuple(pairs))


def _table(line: dict[str, Any]) -> Iterator[Block]:
    """A table that fits the page: beyond six columns, each row is told as names and values."""
    if len(line["head"]) > 6:
        for row in line["rows"]:
            yield Terms(tuple((head, cell) for head, cell in zip(line["head"], row, strict=True) if cell))
        return
    columns = tuple(
        Column(head, width=72 if is_figure else None, align=RIGHT if is_figure else LEFT, is_header=rank == 0)
        for rank, (head, is_figure) in enumerate(zip(line["head"], line["figures"], strict=True))
    )
    rows = [Row(tuple(cells)) for cells in line["rows"]]
    if "total" in line:
        rows.append(Row(("Total", *line["total"][1:]), kind=RowKind.TOTAL))
    yield Table(columns, tuple(rows), summary=line["label"])


def _piece(piece: ReceiptPiece) -> str:
    until = f", valable jusqu’au {date_in_figures(piece.valid_to)}" if piece.valid_to else ""
    return f"{piece.label}\u00a0: {piece.name}{until}, empreinte {piece.sha256[:16]}…"
