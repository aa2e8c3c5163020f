"""Offers, decisions and the rows money rests on keep a trail of every change, with who was acting."""

import pghistory
import pytest

from funds.models import Offer
from investors.selectors import audited_kinds, changes_of
from tests.funds.factories import OfferFactory
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_change_of_an_offer_is_told_with_its_author_and_its_values() -> None:
    offer = OfferFactory()
    author = UserFactory(display_name="Anne Lemoine")
    with pghistory.context(user=author.pk):
        Offer.objects.filter(pk=offer.pk).update(risks="Le toit peut manquer de soleil.")
    newest = changes_of(offer)[0]
    assert newest.actor == "Anne Lemoine"
    assert any("Le toit peut manquer de soleil." in after for _name, _before, after in newest.fields)


def test_a_label_a_project_and_an_organisation_are_told_too() -> None:
    offer = OfferFactory()
    for subject in (offer.award, offer.project, offer.project.organisation, offer.fund, offer.books):
        assert changes_of(subject), subject


def test_the_journal_names_what_it_can_show() -> None:
    assert {"offres", "versements", "labels", "projets", "personnes", "roles"} <= set(audited_kinds())
