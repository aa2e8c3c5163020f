"""A statement that is ready is told once to each of its readers, whatever became of the command that issued it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from fres.kernel import clock
from fres.kernel.documents import issue_document, void_document
from fres.kernel.messages import render
from fres.kernel.models import Document, Message
from investors.models import Party, Representation
from reporting.duties import tell_statements_ready
from reporting.statements.issuing import KIND
from tests.investors.factories import PartyFactory, UserFactory

pytestmark = pytest.mark.django_db


def a_statement(saver: Party, **values) -> Document:
    return issue_document(
        series="REL", year=2025, kind=KIND, about=("entity", uuid4()), owner_party=saver.uuid,
        title="Relevé annuel 2025", at=clock.now(), content=uuid4().bytes, **values,
    )  # fmt: skip


def test_each_reader_is_told_once():
    saver, organisation, delegate = PartyFactory(), PartyFactory(legal=True), UserFactory()
    Representation.objects.create(party=organisation, user=delegate, role="delegate", valid_from="2020-01-01")
    for party in (saver, organisation):
        a_statement(party)
    assert tell_statements_ready(clock.now()).startswith("2 ")
    assert tell_statements_ready(clock.now()).startswith("0 ")
    assert set(Message.objects.values_list("to", flat=True)) == {saver.user.email, delegate.email}
    subject, text, page = render(Message.objects.first())
    assert "2025" in subject
    assert "REL/2025/000001" in text
    assert "REL/2025/000001" in page


def test_a_correction_is_told_and_what_it_replaces_or_is_void_or_old_is_not():
    saver = PartyFactory()
    first = a_statement(saver)
    a_statement(saver, supersedes=first)
    void_document(document=a_statement(PartyFactory()), reason="Essai", at=clock.now())
    assert tell_statements_ready(clock.now()).startswith("1 ")
    assert Message.objects.get().context["is_correction"]
    a_statement(PartyFactory())
    assert tell_statements_ready(clock.now() + timedelta(days=31)).startswith("0 ")
