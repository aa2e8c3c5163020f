"""Acts, signatures, conventions, seats and capital: what may be written, what is refused with its figures."""

from datetime import date
from fractions import Fraction

import pytest
from django.db import DatabaseError, transaction

from funds.books import check_books
from funds.chart import Purpose
from funds.founding.acts import adopt_scheme, publish_engagement_text, sign_act
from funds.founding.capital import HolderShares, record_capital
from funds.founding.conventions import ShareTerms, record_convention_payment
from funds.founding.errors import BodyRefused, CapitalRefused, ConventionRefused, FoundingRefused, SignatureRefused
from funds.founding.governance import allot_seats, appoint, end_mandate, sitting_on
from funds.founding.invariants import Limits, invariants
from funds.ledger import balance_cents
from funds.models import AllocationRule, CapitalTable, ConventionPayment, Engagement, Partner
from funds.pool.accounts import cash_cents
from funds.rules.decisions import decide_placement
from funds.sources.partners import record_engagement, revoke_engagement
from projects.models import SchemeAxis
from tests.funds.factories import FundFactory, LegalEntityFactory, euros
from tests.funds.founding.scenes import DAY, NOW, a_board, a_convention, a_founder, an_act, holders
from tests.funds.pool.scenes import a_compartment
from tests.investors.factories import UserFactory
from tests.projects.factories import ProjectFactory

pytestmark = pytest.mark.django_db
HALF = Fraction(1, 2)
LIMITS = Limits(HALF, HALF, Fraction(1, 10), HALF)


def test_a_fund_is_created_once_and_a_change_follows_its_creation():
    fund = FundFactory()
    with pytest.raises(FoundingRefused, match="suit l’acte de création"):
        an_act(fund, kind="CHANGE")
    an_act(fund)
    with pytest.raises(FoundingRefused, match="2026-1"):
        an_act(fund, deliberation="2026-9")
    with pytest.raises(FoundingRefused, match="déjà enregistrée"):
        an_act(fund, kind="CHANGE")
    with pytest.raises(FoundingRefused, match="avenir"):
        an_act(fund, kind="CHANGE", deliberation="2027-1", deliberated_on=date(2027, 1, 1))
    assert fund.founding_acts.count() == 1


def test_a_bank_signs_no_act_before_its_engagement_and_a_region_may():
    act = an_act()
    bank = a_founder(act.fund, 1, signs=False)
    sign = {"act": act, "signatory": "Anne Roy", "function": "Directrice", "by": UserFactory(), "at": NOW}
    with pytest.raises(SignatureRefused, match="engagement en vigueur le 02/03/2026"):
        sign_act(partner=bank, signed_on=DAY, **sign)
    sign_act(partner=a_founder(act.fund, 2, Partner.Kind.REGION, signs=False), signed_on=DAY, **sign)
    engaged = a_founder(act.fund, 3)
    with pytest.raises(SignatureRefused, match="02/02/2026"):
        sign_act(partner=engaged, signed_on=date(2026, 2, 1), **sign)
    sign_act(partner=engaged, signed_on=DAY, **sign)
    with pytest.raises(SignatureRefused, match="déjà signé"):
        sign_act(partner=engaged, signed_on=DAY, **sign)
    with pytest.raises(SignatureRefused, match="autre fonds"):
        sign_act(partner=a_founder(FundFactory(), 4), signed_on=DAY, **sign)
    assert act.signatures.count() == 2


def test_an_engagement_holds_the_words_of_its_day_and_never_changes():
    fund, by = FundFactory(), UserFactory()
    for version, day in ((1, date(2026, 1, 1)), (2, date(2026, 2, 1))):
        publish_engagement_text(fund=fund, audience="BANK", body=f"Mots {version}", valid_from=day, by=by, at=NOW)
    with pytest.raises(FoundingRefused, match="version 2"):
        publish_engagement_text(fund=fund, audience="BANK", body="x", valid_from=date(2026, 1, 5), by=by, at=NOW)
    bank = a_founder(fund, 1)
    (first,) = bank.engagements.all()
    assert first.text.version == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Engagement.objects.filter(pk=first.pk).update(signatory="Un autre")
    revoke_engagement(engagement=first, reason="Remplacé", by=by, at=NOW)
    again = record_engagement(partner=bank, signed_on=date(2026, 11, 23), signatory="A", function="B", by=by, at=NOW)
    assert again.text.version == 2


def test_a_partnership_board_gives_territories_the_majority_of_its_seats():
    board = a_board()
    seats = {"by": UserFactory(), "at": NOW, "deliberation": "2026-2"}
    with pytest.raises(BodyRefused, match=r"6 sièges sur 12.; il leur en faut 7"):
        allot_seats(body=board, seats={"AUTHORITY": 3, "ACTOR": 3, "BANK": 6}, valid_from=DAY, **seats)
    allot_seats(body=board, seats={"AUTHORITY": 4, "ACTOR": 3, "BANK": 6}, valid_from=DAY, **seats)
    with pytest.raises(BodyRefused, match="commence après"):
        allot_seats(body=board, seats={"AUTHORITY": 4}, valid_from=DAY, **seats)


def test_a_mandate_needs_a_seat_and_an_end_that_is_not_too_far():
    board = a_board(AUTHORITY=1, BANK=0)
    seat = {"body": board, "stands_for": "Région", "starts_on": DAY, "by": UserFactory(), "at": NOW}
    with pytest.raises(BodyRefused, match="6 ans"):
        appoint(family="AUTHORITY", person="Anne Roy", ends_on=date(2032, 3, 3), **seat)
    mandate = appoint(family="AUTHORITY", person="Anne Roy", ends_on=date(2032, 3, 2), **seat)
    with pytest.raises(BodyRefused, match="1 sièges dans cette instance, et 1"):
        appoint(family="AUTHORITY", person="Paul Roy", ends_on=date(2030, 3, 2), **seat)
    with pytest.raises(BodyRefused, match="0 sièges"):
        appoint(family="BANK", person="Paul Roy", ends_on=date(2030, 3, 2), **seat)
    with pytest.raises(BodyRefused, match="1 personnes siègent"):
        allot_seats(
            body=board, seats={"ACTOR": 1}, valid_from=date(2026, 4, 1), deliberation="3", by=UserFactory(), at=NOW
        )
    with pytest.raises(BodyRefused, match="du 02/03/2026"):
        end_mandate(mandate=mandate, ended_on=date(2025, 1, 1), reason="Départ", by=UserFactory(), at=NOW)
    end_mandate(mandate=mandate, ended_on=date(2026, 6, 1), reason="Départ", by=UserFactory(), at=NOW)
    assert not sitting_on(board, date(2026, 6, 1)).exists()


@pytest.mark.parametrize(
    ("shares", "stage", "is_scic", "broken"),
    [
        ({"AUTHORITY": 40, "ACTOR": 11, "PUBLIC_BANK": 25, "BANK": 24}, "AUTONOMOUS", True, []),
        ({"AUTHORITY": 40, "ACTOR": 10, "PUBLIC_BANK": 25, "BANK": 25}, "AUTONOMOUS", True, ["R-047"]),
        ({"AUTHORITY": 60, "PUBLIC_BANK": 40}, "AUTONOMOUS", True, ["SCIC-4"]),
        ({"AUTHORITY": 60, "PUBLIC_BANK": 40}, "AUTONOMOUS", False, []),
        ({"AUTHORITY": 60, "PUBLIC_BANK": 9, "BANK": 31}, "AUTONOMOUS", False, ["R-047"]),
        ({"ACTOR": 50, "PUBLIC_BANK": 50}, "AUTONOMOUS", False, ["R-047", "R-047"]),
        ({"PUBLIC_BANK": 100}, "START", True, []),
    ],
)
def test_each_invariant_of_a_capital_is_told_when_it_is_broken(shares, stage, is_scic, broken):
    found = invariants(shares, stage=stage, is_scic=is_scic, limits=LIMITS)
    assert [one.rule for one in found if one.is_due and not one.is_kept] == broken


def a_table(fund, entity, lines, **fields):
    values = {
        "stage": "AUTONOMOUS", "nominal": euros(100), "effective_on": DAY, "deliberation": "2026-4",
        "reason": "Autonomie.", **fields,
    }  # fmt: skip
    return record_capital(fund=fund, entity=entity, lines=lines, by=UserFactory(), at=NOW, **values)


def test_a_capital_table_is_refused_with_its_figures_and_books_its_difference_when_it_holds():
    fund = FundFactory()
    lines = holders(fund, authority=40, actor=10, public_bank=50)
    with pytest.raises(CapitalRefused) as refusal:
        a_table(fund, fund.entity, lines)
    assert "50 %" in str(refusal.value).replace("\u00a0", " ") and len(refusal.value.broken) == 2
    assert not CapitalTable.objects.exists()
    first = a_table(fund, fund.entity, lines, stage="START")
    assert first.entry is not None
    assert balance_cents(entity=fund.entity, purpose=Purpose.CAPITAL) == 100 * 10_000
    more = [HolderShares("AUTHORITY", "Région", 60), *lines[1:]]
    second = a_table(fund, fund.entity, more, effective_on=date(2026, 5, 4))
    assert (second.version, balance_cents(entity=fund.entity, purpose=Purpose.CAPITAL)) == (2, 120 * 10_000)
    with pytest.raises(CapitalRefused, match="ne redevient pas"):
        a_table(fund, fund.entity, lines, stage="START", effective_on=date(2026, 6, 1))
    assert check_books(NOW).is_right


def test_a_bank_holds_no_capital_without_its_engagement():
    fund = FundFactory()
    lines = holders(fund, authority=60, actor=0, public_bank=20)
    unsigned = HolderShares("BANK", "Banque muette", 20, a_founder(fund, 5, signs=False))
    with pytest.raises(CapitalRefused, match="Banque muette"):
        a_table(fund, fund.entity, [*lines, unsigned])
    with pytest.raises(CapitalRefused, match="deux fois"):
        a_table(fund, fund.entity, [*lines, lines[0]])
    with pytest.raises(CapitalRefused, match="association"):
        a_table(fund, LegalEntityFactory(association=True), lines)
    assert not CapitalTable.objects.exists()


def test_a_convention_shares_no_more_than_it_promises():
    fund = FundFactory()
    compartment = a_compartment(fund)
    with pytest.raises(ConventionRefused, match="110"):
        a_convention(fund, shares=[ShareTerms("A", 6_000, compartment), ShareTerms("B", 5_000, compartment)])
    with pytest.raises(ConventionRefused, match="compartiments de ce fonds"):
        a_convention(fund, shares=[ShareTerms("A", 6_000, a_compartment())])
    for wrong in (
        [ShareTerms("A", 1_000, compartment), ShareTerms("A", 1_000, compartment)],
        [ShareTerms("A", 1_000, compartment, "PLACE", "DEPARTEMENT:99")],
        [ShareTerms("A", 1_000, compartment, "PLACE", "62")],
        [ShareTerms("A", 1_000, compartment, "SECTOR", "agriculture")],
        [ShareTerms("A", 1_000, compartment, "ALL", "62")],
    ):
        with pytest.raises(ConventionRefused):
            a_convention(fund, shares=wrong)
    assert not fund.conventions.exists()


def test_money_of_a_convention_is_cash_of_its_compartment_and_an_earmark():
    convention = a_convention()
    (share,) = convention.shares.all()
    compartment, by = share.compartment, UserFactory()
    pay = {"received_on": DAY, "by": by, "at": NOW}
    with pytest.raises(ConventionRefused, match=r"3.000,00"):
        record_convention_payment(share=share, amount=euros("3000.01"), reference="VIR-1", **pay)
    assert not ConventionPayment.objects.exists() and cash_cents(compartment) == 0
    record_convention_payment(share=share, amount=euros(1_000), reference="VIR-1", **pay)
    record_convention_payment(share=share, amount=euros(500), reference="VIR-2", **pay)
    with pytest.raises(ConventionRefused, match="qu’une fois"):
        record_convention_payment(share=share, amount=euros(500), reference="VIR-2", **pay)
    assert cash_cents(compartment) == 150_000
    last = AllocationRule.objects.filter(kind="EARMARK").order_by("-version").first()
    assert (last.version, last.params["cents"], last.params["places"]) == (2, 150_000, ["DEPARTEMENT:62"])
    with pytest.raises(ConventionRefused, match="déjà été versés"):
        a_convention(convention.fund, promised=euros(1_000))
    again = a_convention(convention.fund, promised=euros(5_000))
    with pytest.raises(ConventionRefused, match="version plus récente"):
        record_convention_payment(share=share, amount=euros(1), reference="VIR-3", **pay)
    assert again.version == 2
    decide_placement(
        compartment=compartment, project=ProjectFactory(), amount=euros(1_200), instrument="LOAN", by=by, at=NOW,
        reason="Fléché.",
    )  # fmt: skip
    assert cash_cents(compartment) == 30_000 and check_books(NOW).is_right


def test_a_scheme_joins_the_axes_decisions_name():
    fund = FundFactory()
    scheme = {
        "fund": fund, "name": "Schéma", "deliberation": "2022-1", "adopted_on": date(2022, 6, 1),
        "valid_from": date(2022, 7, 1), "valid_to": date(2028, 7, 1), "by": UserFactory(), "at": NOW,
    }  # fmt: skip
    with pytest.raises(FoundingRefused, match="au moins un axe"):
        adopt_scheme(axes=[], **scheme)
    with pytest.raises(FoundingRefused, match="même code"):
        adopt_scheme(axes=[("A1", "x"), ("A1", "y")], **scheme)
    adopt_scheme(axes=[("A1", "Proximité"), ("A2", "Transition")], **scheme)
    assert SchemeAxis.objects.filter(fund_uuid=fund.uuid, scheme="Schéma").count() == 2
    with pytest.raises(FoundingRefused, match="un seul schéma"):
        adopt_scheme(axes=[("B1", "x")], **(scheme | {"name": "Autre"}))
