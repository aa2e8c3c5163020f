"""The referentials that ship with the code (`data/labels/`), loaded without touching what was published here."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from projects.models import Criterion, Label

DATA = Path(__file__).resolve().parents[2] / "data"
SHIPPED = DATA / "labels"
# The local label of the demonstration's fund, published when the region is founded.
DEMONSTRATION = DATA / "labels_demonstration" / "fres-hdf-2024.json"


@dataclass(frozen=True, slots=True)
class LoadedLabels:
    added: int
    kept: int
    differing: tuple[str, ...]


def read_label(path: Path) -> tuple[Label, list[Criterion]]:
    """Return one version and its criteria, not yet written."""
    card = json.loads(path.read_text(encoding="utf-8"))
    criteria = card.pop("criteria")
    starts, ends = card.pop("valid_from"), card.pop("valid_to")
    label = Label(
        **card,
        valid_from=date.fromisoformat(starts),
        valid_to=date.fromisoformat(ends) if ends else None,
    )
    return label, [_criterion(label, rank, one) for rank, one in enumerate(criteria, start=1)]


@transaction.atomic
def load_labels() -> LoadedLabels:
    """Add the shipped versions that are missing. Safe to run again; a version already here stays as it is.

    A version whose criteria are not those shipped is reported as differing: what is published never changes, a
    correction is a new version.
    """
    added, kept, differing = 0, 0, []
    present = {label.full_code: label for label in Label.objects.prefetch_related("criteria")}
    for path in sorted(SHIPPED.glob("*.json")):
        label, criteria = read_label(path)
        here = present.get(label.full_code)
        if here is None:
            write_label(label, criteria)
            added += 1
        elif [_content(one) for one in here.criteria.all()] != [_content(one) for one in criteria]:
            differing.append(label.full_code)
        else:
            kept += 1
    return LoadedLabels(added, kept, tuple(differing))


@transaction.atomic
def load_local_label(*, path: Path, fund_uuid: UUID) -> Label:
    """Publish the local label of a fund from a file, unless it is here already."""
    label, criteria = read_label(path)
    here = Label.objects.filter(code=label.code, version=label.version).first()
    if here is not None:
        return here
    label.fund_uuid = fund_uuid
    return write_label(label, criteria)


def write_label(label: Label, criteria: list[Criterion]) -> Label:
    label.save(force_insert=True)
    for one in criteria:
        one.label = label
    Criterion.objects.bulk_create(criteria)
    return label


def _criterion(label: Label, rank: int, card: dict[str, Any]) -> Criterion:
    values = dict(card)
    return Criterion(label=label, rank=rank, text_fr=values.pop("text"), **values)


def _content(one: Criterion) -> tuple[object, ...]:
    return (
        one.identifier, one.rank, one.kind, one.scale, one.title, one.text_fr, one.question, one.evidence, one.tests,
        one.any_test, one.weight, one.allows_na, one.alternative, one.branch, one.part, one.status,
    )  # fmt: skip
