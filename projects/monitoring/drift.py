"""Drift watch: what the registers said on the day of the decision, sealed, against what their last files say."""

import hashlib
import json
from datetime import datetime

from django.db import transaction

from projects.models import Project, RegisterDrift, RegisterSnapshot
from projects.organisations.register import ImportedRegister, Register, RegisterAnswer, RegisterUnavailable

WATCHED = ("is_active", "insolvency", "directors", "address", "siret", "commune_code", "legal_category", "name")


class SnapshotBroken(Exception):
    """A snapshot does not match its seal any more: nothing may be compared with it."""


@transaction.atomic
def take_snapshot(*, project: Project, at: datetime, register: Register | None = None) -> RegisterSnapshot | None:
    """Seal what the register says of a project's organisation; the one already taken is returned as it is.

    Returns: None while the register does not answer, or does not know the number: it is tried again the next night.
    """
    found = RegisterSnapshot.objects.filter(project=project).order_by("pk").first()
    if found is not None:
        return found
    answer = _ask(project, register)
    if answer is None:
        return None
    content = _content(answer)
    return RegisterSnapshot.objects.create(
        project=project, taken_at=at, source=answer.source, as_of=answer.as_of, content=content, sha256=_seal(content)
    )


@transaction.atomic
def compare_snapshot(
    *, snapshot: RegisterSnapshot, at: datetime, register: Register | None = None
) -> list[RegisterDrift]:
    """Write what changed since a snapshot and was not written yet, and return it; nothing while the register is silent.

    An empty value never counts as a change: files differ in the columns they carry.
    Raises: SnapshotBroken: the snapshot's content does not match its seal.
    """
    if _seal(snapshot.content) != snapshot.sha256:
        raise SnapshotBroken(f"snapshot {snapshot.pk} of project {snapshot.project_id}")
    answer = _ask(snapshot.project, register)
    if answer is None or answer.as_of < snapshot.as_of:
        return []
    now, written = _content(answer), []
    for field in WATCHED:
        before, after = snapshot.content.get(field, ""), now[field]
        is_new_notice = field == "insolvency" and after
        if before == after or not (after and (before or is_new_notice)):
            continue
        drift, is_new = RegisterDrift.objects.get_or_create(
            snapshot=snapshot, field=field, after=after[:200],
            defaults={"before": before[:200], "source": answer.source, "as_of": answer.as_of, "found_at": at},
        )  # fmt: skip
        if is_new:
            written.append(drift)
    return written


def _ask(project: Project, register: Register | None) -> RegisterAnswer | None:
    party = project.organisation.party
    try:
        answer = (register or ImportedRegister()).find(siren=party.siren, rna=party.rna)
    except RegisterUnavailable:
        return None
    return answer if answer.name else None


def _content(answer: RegisterAnswer) -> dict[str, str]:
    content = {field: str(getattr(answer, field)) for field in WATCHED if field != "is_active"}
    return content | {"is_active": "en activité" if answer.is_active else "fermée"}


def _seal(content: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
