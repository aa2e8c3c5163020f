"""Long texts (contracts, minutes, notices): a document is a tuple of blocks, written one after the other on a sheet.

Ruling B32 allows platypus here. We do not use it: its paragraphs draw through the canvas' own text methods, so they
would need a second way to tag, to embed fonts and to keep French spaces; wrapping and page breaks are already in
`layout`. The blocks are frozen, so that `content.py` can build a contract with no renderer at hand and a test can
read it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .fonts import SANS_SEMIBOLD
from .layout import Column, Row, Sheet
from .style import BODY, QUIET, Style
from .text import Run, Text


@dataclass(frozen=True, slots=True)
class Title:
    """The title of the document, once, first."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading without a number. `level` 2 or 3."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; quiet ones are for notes."""

    text: Text
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list whose order says nothing."""

    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """Names and values, as a table."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its head."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """An article: title, then paragraphs and other blocks. Articles are numbered as they come ("Article 1"), their
    paragraphs after them (1.1, 1.2…), so that a contract can be cited; other blocks carry no number."""

    title: str
    blocks: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class Signatures:
    """Room to sign, one place for each name."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows starts a page: annexes."""


Block: TypeAlias = Title | Heading | Paragraph | Bullets | Terms | Table | Clause | Signatures | PageBreak


def write_blocks(sheet: Sheet, blocks: Sequence[Block]) -> None:
    """Write blocks on a sheet, in order, from its cursor."""
    article = 0
    for block in blocks:
        if isinstance(block, Clause):
            article += 1
            _write_clause(sheet, block, article)
        else:
            _write_block(sheet, block)


def _write_clause(sheet: Sheet, clause: Clause, article: int) -> None:
    sheet.heading(f"Article {article}. {clause.title}")
    paragraphs = sum(isinstance(block, Paragraph) for block in clause.blocks)
    number = 0
    for block in clause.blocks:
        if isinstance(block, Paragraph) and paragraphs > 1:
            number += 1
            sheet.paragraph(_numbered(f"{article}.{number}\u00a0\u00a0", block.text), _style(block))
        elif isinstance(block, Clause):
            raise ValueError("an article does not hold another article")
        else:
            _write_block(sheet, block)


def _numbered(label: str, text: Text) -> list[Run]:
    runs = [Run(text)] if isinstance(text, str) else list(text)
    return [Run(label, face=SANS_SEMIBOLD), *runs]


def _style(paragraph: Paragraph) -> Style:
    return QUIET if paragraph.is_quiet else BODY


def _write_block(sheet: Sheet, block: Block) -> None:
    match block:
        case Title(text):
            sheet.title(text)
        case Heading(text, level):
            if level == 2:
                sheet.heading(text)
            else:
                sheet.subheading(text)
        case Paragraph(text):
            sheet.paragraph(text, _style(block))
        case Bullets(items):
            sheet.bullets(items)
        case Terms(pairs):
            sheet.terms(pairs)
        case Table(columns, rows, summary):
            sheet.table(columns, rows, summary=summary)
        case Signatures(names):
            sheet.signatures(names)
        case PageBreak():
            sheet.new_page()
        case _:
            raise TypeError(f"{block} is not a block that stands alone")
