"""What a key information sheet says, as frozen values: gathered once, printed, kept and compared. Pure.

Its parts are those of Annex I of Regulation (EU) 2020/1503, A to I, in order; a part without object says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

# Headings of Annex I as its French version words them, from memory: to be compared with the Official Journal.
HEADINGS: Mapping[str, str] = MappingProxyType(
    {
        "A": "Informations concernant le porteur de projet et le projet de financement participatif",
        "B": "Principales caractéristiques du processus de financement participatif et conditions de l’emprunt "
        "de fonds",
        "C": "Facteurs de risque",
        "D": "Informations relatives à l’offre de valeurs mobilières et d’instruments admis",
        "E": "Informations sur les entités ad hoc",
        "F": "Droits des investisseurs",
        "G": "Informations relatives aux prêts",
        "H": "Frais, informations et recours",
        "I": "Informations sur la gestion individuelle de portefeuille de prêts",
    }
)


@dataclass(frozen=True, slots=True)
class Item:
    """One statement of the sheet: a text, or a table with its head (its first column names the rows)."""

    key: str
    label: str
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def said(self) -> str:
        """The statement as one text: what two versions are compared by."""
        lines = [self.text] if self.text else []
        lines += [" | ".join(row) for row in (self.head, *self.rows) if row]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of Annex I."""

    letter: str
    items: tuple[Item, ...]

    @property
    def heading(self) -> str:
        return f"Partie {self.letter}\u00a0: {HEADINGS[self.letter]}"


@dataclass(frozen=True, slots=True)
class LockedText:
    """A wording that nobody retypes: its key, version and SHA-256 stand in the sheet's content."""

    key: str
    version: str
    body: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Fici:
    """All that the PDF prints. `overview` is the table under the warnings."""

    identifier: str
    version: int
    title: str
    issuer: str
    issuer_siren: str
    disclaimer: LockedText
    warning: LockedText
    reflection: LockedText
    responsibility: LockedText
    overview: tuple[Item, ...]
    parts: tuple[Part, ...]
    at: datetime

    @property
    def locked(self) -> tuple[LockedText, ...]:
        return (self.disclaimer, self.warning, self.reflection, self.responsibility)

    def statements(self) -> Iterator[tuple[str, Item]]:
        """Yield each statement with the heading it stands under, in the order of the sheet."""
        for item in self.overview:
            yield "En bref", item
        for part in self.parts:
            for item in part.items:
                yield part.heading, item

    def kept(self) -> dict[str, object]:
        """Return the content as JSON values: what is stored with the version, and compared with the next one."""
        return {
            "identifier": self.identifier,
            "texts": {text.key: {"version": text.version, "sha256": text.sha256} for text in self.locked},
            "statements": [
                {"key": item.key, "part": heading, "label": item.label, "said": item.said}
                for heading, item in self.statements()
            ],
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """One statement that two versions tell differently; "" where one of them does not have it."""

    part: str
    label: str
    before: str
    after: str


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[Difference]:
    """Return what changed between two kept contents, in the order of the later one, then what disappeared."""
    old = {one["key"]: one for one in _statements(before)}
    new = {one["key"]: one for one in _statements(after)}
    found = [
        Difference(one["part"], one["label"], old.get(key, {}).get("said", ""), one["said"])
        for key, one in new.items()
        if old.get(key, {}).get("said", "") != one["said"]
    ]
    found += [Difference(one["part"], one["label"], one["said"], "") for key, one in old.items() if key not in new]
    old_texts, new_texts = _texts(before), _texts(after)
    for key in sorted(old_texts.keys() | new_texts.keys()):
        if old_texts.get(key) != new_texts.get(key):
            found.append(Difference("Textes verrouillés", key, old_texts.get(key, ""), new_texts.get(key, "")))
    return found


def _statements(kept: Mapping[str, object]) -> list[dict[str, str]]:
    statements = kept.get("statements", [])
    assert isinstance(statements, list)
    return statements


def _texts(kept: Mapping[str, object]) -> dict[str, str]:
    texts = kept.get("texts", {})
    assert isinstance(texts, dict)
    return {key: f"{one['version']} ({one['sha256'][:12]})" for key, one in texts.items()}
