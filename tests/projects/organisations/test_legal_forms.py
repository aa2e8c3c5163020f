"""What a legal form says of the social economy decides before what is declared."""

import pytest

from projects.models.groupings import MemberType
from projects.models.organisations import EssStatus
from projects.organisations.legal_forms import (
    EssStatusDoesNotFit,
    LegalFormUnknown,
    all_legal_forms,
    legal_form_choices,
    member_type_of,
    settle_ess_status,
)
from tests.projects.organisations.scenes import AT


def test_each_form_has_four_figures_and_is_shown_once():
    codes = [code for code, _label in legal_form_choices(AT.date())]
    assert len(codes) == len(set(codes)) == len(all_legal_forms())
    assert all(len(code) == 4 and code.isdigit() for code in codes)


def test_an_association_is_of_the_social_economy_whatever_is_declared():
    assert settle_ess_status(code="9220", declared="OUTSIDE") == EssStatus.BY_FORM


def test_a_company_may_be_declared_and_may_not_be_by_form():
    assert settle_ess_status(code="5499", declared="DECLARED") == EssStatus.DECLARED
    with pytest.raises(EssStatusDoesNotFit):
        settle_ess_status(code="5499", declared="BY_FORM")


def test_a_simplified_company_may_hide_a_cooperative():
    assert settle_ess_status(code="5710", declared="BY_FORM") == EssStatus.BY_FORM


def test_a_commune_is_never_declared_of_the_social_economy():
    with pytest.raises(EssStatusDoesNotFit):
        settle_ess_status(code="7210", declared="DECLARED")


def test_an_unknown_form_is_refused():
    with pytest.raises(LegalFormUnknown):
        settle_ess_status(code="0000", declared="UNKNOWN")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("9220", "BY_FORM", MemberType.ESS),
        ("5710", "OUTSIDE", MemberType.COMPANY),
        ("7210", "OUTSIDE", MemberType.AUTHORITY),
        ("7383", "UNKNOWN", MemberType.RESEARCH),
        ("", "UNKNOWN", MemberType.OTHER),
    ],
)
def test_a_form_says_what_kind_of_member_one_is(code, status, kind):
    assert member_type_of(code=code, ess_status=status) == kind
