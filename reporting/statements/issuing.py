"""Issue the statements of a year: numbered without gap, rendered by several processes, resumed after any interruption.

Each batch of savers is one transaction. Stopped anywhere, what was committed is complete, and the next run skips it;
files that no row names may be left, never the contrary.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.bulk_documents import Rendered, issue_rendered, last_rank, number_of
from fres.kernel.check_codes import check_address
from fres.kernel.errors import BooksBroken, RuleViolation
from fres.kernel.models import Document
from fres.kernel.pdf.fonts import unprintable_characters
from funds.chart import heading
from funds.models import LegalEntity
from investors.models import Party
from reporting.statements.content import Statement
from reporting.statements.gathering import SAVER_PURPOSES, Gathered, Gatherer
from reporting.statements.pdf import render
from reporting.statements.rendering import Batch, Draft, Renderer, renderer

SERIES, KIND = "REL", "statement"
ABOUT = "legal_entity"
BATCH = 200  # savers gathered together, and committed together
AHEAD = 2  # batches rendered while one is gathered
_RUN_LOCK = 18_010  # first key of the advisory lock; the second is the year

Say = Callable[[str], None]


class YearNotOver(RuleViolation):
    """A statement closes a year: it is not issued before the year has ended."""

    rule = "year-not-over"


class StatementsBeingIssued(RuleViolation):
    """Another process is issuing the statements of the same year."""

    rule = "statements-being-issued"


@dataclass(slots=True)
class Tally:
    """What a run did. `problems`: savers whose statement was refused, and why."""

    issued: int = 0
    corrected: int = 0
    already_there: int = 0
    without_movement: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A batch whose bytes are being rendered."""

    batch: Batch
    gathered: tuple[Gathered, ...]
    first_rank: int
    supersedes: dict[UUID, int]


def issue_statements(
    *,
    year: int,
    at: datetime,
    saver_number: str = "",
    processes: int = 1,
    is_correcting: bool = False,
    say: Say = lambda line: None,
) -> Tally:
    """Issue the statement of each saver for a year that has ended, for each entity whose books hold savers' money.

    Those who have a valid one are skipped. With `is_correcting`, one that would now read otherwise is replaced by a new
    one that names it. A saver whose figures do not agree is told in the tally and gets none; the others do.

    Args: at: aware, printed in every statement; the same `at` and data give the same bytes. saver_number: one saver
        only. say: told one line after each batch.
    Raises: YearNotOver, StatementsBeingIssued.
    """
    if clock.local(at).date() <= date(year, 12, 31):
        raise YearNotOver(
            _("L’année %(year)s n’est pas finie : un relevé annuel se clôt le 31 décembre.") % {"year": year},
            next_step=_("Lancez la commande à partir du 1er janvier %(next)s.") % {"next": year + 1},
        )
    tally = Tally()
    with _alone(year), translation.override("fr"), renderer(processes) as drawn:
        for entity in LegalEntity.objects.order_by("siren"):
            _Run(entity, year, at, drawn, tally, say, is_correcting=is_correcting).go(saver_number)
    return tally


class _Run:
    """One year, one entity."""

    def __init__(
        self,
        entity: LegalEntity,
        year: int,
        at: datetime,
        drawn: Renderer,
        tally: Tally,
        say: Say,
        *,
        is_correcting: bool,
    ) -> None:
        self.entity, self.year, self.at = entity, year, at
        self.drawn, self.tally, self.say = drawn, tally, say
        self.is_correcting = is_correcting
        self.gatherer = Gatherer(entity=entity, year=year)
        self.next_rank = last_rank(series=SERIES, year=year) + 1
        self.pending: deque[_Pending] = deque()

    def go(self, saver_number: str) -> None:
        total = savers_of(self.entity, saver_number).count()
        seen = 0
        for party_ids in _batches(self.entity, saver_number):
            self._submit(party_ids)
            if len(self.pending) >= AHEAD:
                self._commit(self.pending.popleft())
            seen += len(party_ids)
            self.say(f"{self.entity.siren}: {seen}/{total} savers read, {self.tally.issued} statements issued")
        while self.pending:
            self._commit(self.pending.popleft())

    def _submit(self, party_ids: list[int]) -> None:
        standing = self._standing(party_ids)
        if not self.is_correcting:
            party_ids = [pk for pk in party_ids if pk not in standing]
            self.tally.already_there += len(standing)
        replaces = {pk: document.number for pk, document in standing.items()} if self.is_correcting else {}
        supersedes = {document.owner_party: document.pk for document in standing.values() if document.owner_party}
        gathered = list(self._gather(party_ids, replaces))
        if self.is_correcting:
            found = {one.party_uuid for one in gathered}
            changed = self._changed(standing)
            kept = [one for one in gathered if one.party_uuid not in supersedes or one.party_uuid in changed]
            self.tally.already_there += len(found) - len(kept)
            gathered = kept
        if gathered:
            ranks = range(self.next_rank, self.next_rank + len(gathered))
            drafts = [self._draft(one.statement, rank) for one, rank in zip(gathered, ranks, strict=True)]
            self.pending.append(_Pending(self.drawn.submit(drafts), tuple(gathered), self.next_rank, supersedes))
            self.next_rank += len(gathered)

    def _gather(self, party_ids: list[int], replaces: dict[int, str]) -> Iterator[Gathered]:
        """Yield what can be issued; when a batch does not agree, its savers are read one by one to name the wrong."""
        try:
            found = list(self.gatherer.statements(party_ids, issued_at=self.at, replaces=replaces))
        except BooksBroken as problem:
            if len(party_ids) == 1:
                number = Party.objects.values_list("number", flat=True).get(pk=party_ids[0])
                self.tally.problems.append(f"{number}: {problem}")
                return
            for party_id in party_ids:
                yield from self._gather([party_id], replaces)
            return
        self.tally.without_movement += len(party_ids) - len(found)
        for one in found:
            unknown = unprintable_characters(_names(one.statement))
            if unknown:
                self.tally.problems.append(f"{one.statement.saver_number}: no glyph for {unknown}")
            else:
                yield one

    def _standing(self, party_ids: Sequence[int]) -> dict[int, Document]:
        """Return the valid statement that each saver already has, by the party's primary key."""
        uuids = dict(Party.objects.filter(pk__in=party_ids).values_list("uuid", "pk"))
        documents = Document.objects.filter(
            kind=KIND, series__code=SERIES, series__year=self.year, about_type=ABOUT, about_uuid=self.entity.uuid,
            owner_party__in=list(uuids), void=None, superseded_by=None,
        ).select_related("supersedes")  # fmt: skip
        return {uuids[document.owner_party]: document for document in documents if document.owner_party}

    def _changed(self, standing: dict[int, Document]) -> set[UUID]:
        """Return whose statement would now read otherwise: what was issued is drawn again as it was, and compared."""
        changed = set()
        for pk, document in standing.items():
            before = document.supersedes.number if document.supersedes is not None else ""
            again = list(self.gatherer.statements([pk], issued_at=document.issued_at, replaces={pk: before}))
            draft = self._draft_under(again[0].statement, document.number) if again else None
            content = render(draft.statement, number=draft.number, check_address=draft.check_address) if draft else b""
            if hashlib.sha256(content).hexdigest() != document.sha256 and document.owner_party is not None:
                changed.add(document.owner_party)
        return changed

    def _draft(self, statement: Statement, rank: int) -> Draft:
        return self._draft_under(statement, number_of(series=SERIES, year=self.year, rank=rank))

    def _draft_under(self, statement: Statement, number: str) -> Draft:
        return Draft(statement, number, check_address(number))

    def _commit(self, pending: _Pending) -> None:
        rendered = [
            Rendered(
                rank=rank,
                sha256=stored.sha256,
                size=stored.size,
                about=(ABOUT, self.entity.uuid),
                owner_party=one.party_uuid,
                title=f"Relevé annuel {self.year}",
                amounts_cents=one.statement.amounts_cents,
                supersedes=pending.supersedes.get(one.party_uuid),
            )
            for rank, (one, stored) in enumerate(
                zip(pending.gathered, pending.batch.result(), strict=True), start=pending.first_rank
            )
        ]
        self.tally.issued += issue_rendered(series=SERIES, year=self.year, kind=KIND, rendered=rendered, at=self.at)
        self.tally.corrected += sum(one.supersedes is not None for one in rendered)


def savers_of(entity: LegalEntity, saver_number: str = "") -> QuerySet[Party, tuple[str, int]]:
    """Return the parties for whom an entity ever held, owed or claimed money (a queryset of number and primary
    key)."""
    numbers = [heading(entity.chart, purpose).number for purpose in SAVER_PURPOSES]
    parties = Party.objects.filter(ledger_accounts__entity=entity, ledger_accounts__number__in=numbers)
    if saver_number:
        parties = parties.filter(number=saver_number)
    return parties.values_list("number", "pk").distinct().order_by("number")


def _batches(entity: LegalEntity, saver_number: str) -> Iterator[list[int]]:
    last = ""
    while rows := list(savers_of(entity, saver_number).filter(number__gt=last)[:BATCH]):
        yield [pk for _number, pk in rows]
        last = rows[-1][0]


def _names(statement: Statement) -> str:
    texts = [statement.issuer, statement.saver_name, *statement.saver_address]
    for line in statement.commitments:
        texts += [line.project, line.holder, line.place, line.territory, line.label]
    return "".join(texts)


@contextmanager
def _alone(year: int) -> Iterator[None]:
    """Refuse to run beside another process that issues the same year."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_RUN_LOCK, year])
        if not cursor.fetchone()[0]:
            raise StatementsBeingIssued(
                _("Les relevés de %(year)s sont déjà en cours d’émission.") % {"year": year},
                next_step=_("Attendez la fin de l’autre commande, puis relancez : elle reprend où elle en est."),
            )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_RUN_LOCK, year])
