"""Which issued documents a person may read, and what can be told of one to whoever holds it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.check_codes import is_check_code
from fres.kernel.models import Document
from funds.contracts.issuing import CONTRACT_KIND
from funds.models import GiftReceipt, Holding
from funds.receipts.issuing import KIND as RECEIPT_KIND
from investors.models import Party, User
from investors.permissions import Visitor, roles_of
from investors.selectors import parties_acted_for
from projects.models import Membership

# Staff who follow the money read what is issued about it (ruling A7).
READERS = frozenset({Role.TREASURER, Role.COMPLIANCE, Role.MANAGER, Role.AUDITOR})
ABOUT_OFFER = "offer"
_RELATED = ("series", "void", "superseded_by", "purge")


@dataclass(frozen=True, slots=True)
class YearOfDocuments:
    """The documents of one year of their series."""

    year: int
    documents: tuple[Document, ...]


def addressed_to(user: User, on: date) -> QuerySet[Document]:
    """Return the documents of a person and of those they act for: their own, and the contracts of what they lent."""
    parties = parties_acted_for(user, on)
    own = Q(owner_party__in=parties.values("uuid"))
    lent = Holding.objects.filter(party__in=parties).values("loan__uuid")
    contracts = Q(kind=CONTRACT_KIND, about_uuid__in=lent)
    return Document.objects.filter(own | contracts).select_related(*_RELATED).order_by("-issued_at", "-pk")


def readable_by(user: Visitor, on: date) -> QuerySet[Document]:
    """Return every document a person may open.

    Those about an offer that belong to nobody are everyone's. Members of an organisation also read its contracts and
    the receipts given in its name. Staff who follow the money read all.
    """
    documents = Document.objects.select_related(*_RELATED)
    public = is_public()
    if not isinstance(user, User):
        return documents.filter(public)
    if READERS & roles_of(user):
        return documents
    organisations = Membership.objects.filter(user=user, joined_on__lte=on).exclude(left_on__lte=on)
    carried = Party.objects.filter(organisation__in=organisations.values("organisation"))
    given = GiftReceipt.objects.filter(beneficiary__in=carried).values("document")
    return documents.filter(
        public
        | Q(pk__in=addressed_to(user, on).order_by().values("pk"))
        | Q(kind=CONTRACT_KIND, owner_party__in=carried.values("uuid"))
        | Q(kind=RECEIPT_KIND, pk__in=given)
    )


def is_public() -> Q:
    """Return the condition that a document is everyone's: what an offer shows before anyone commits."""
    return Q(owner_party=None, about_type=ABOUT_OFFER)


def by_year(documents: Iterable[Document]) -> tuple[YearOfDocuments, ...]:
    """Return documents grouped by the year of their series, newest first; their order is kept inside a year."""
    years: dict[int, list[Document]] = {}
    for document in documents:
        years.setdefault(document.series.year, []).append(document)
    return tuple(YearOfDocuments(year, tuple(years[year])) for year in sorted(years, reverse=True))


# Checking a document that somebody holds


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is told of a genuine document: no name. `replaced_by` is a number, empty when nothing replaced it."""

    number: str
    title: str
    issued_at: datetime
    sha256: str
    voided_on: date | None
    replaced_by: str

    @property
    def is_in_force(self) -> bool:
        return self.voided_on is None and not self.replaced_by


def check_number(number: str, proof: str) -> Verdict | None:
    """Return what is known of a document to whoever gives its number and either the code printed on it or its hash.

    None says only that the two do not go together: a number alone tells nothing, not even that it exists.
    """
    document = Document.objects.filter(number=number.strip()).select_related(*_RELATED).first()
    proof = proof.strip()
    if document is None or not (proof.lower() == document.sha256 or is_check_code(document.number, proof)):
        return None
    return _verdict(document)


def check_hash(sha256: str) -> Verdict | None:
    """Return what is known of the document whose bytes have this hash, or None when we issued no such bytes."""
    document = Document.objects.filter(sha256=sha256).select_related(*_RELATED).first()
    return None if document is None else _verdict(document)


def _verdict(document: Document) -> Verdict:
    void = getattr(document, "void", None)
    successor = getattr(document, "superseded_by", None)
    return Verdict(
        number=document.number,
        title=document.title,
        issued_at=document.issued_at,
        sha256=document.sha256,
        voided_on=None if void is None else clock.local(void.at).date(),
        replaced_by="" if successor is None else successor.number,
    )
