"""The co-financing round: each line with its dates and evidence, totals against the need, no euro counted twice."""

from datetime import date

import pytest

from funds.cofinancing.states import ContributionState
from funds.cofinancing.tables import (
    AboveNeed,
    CountedTwice,
    RoundTableRefused,
    ask_contribution,
    confirm_contribution,
    open_round_table,
    platform_lines,
    promise_contribution,
    refuse_contribution,
    revise_need,
    totals_of,
    withdraw_contribution,
)
from funds.models import Channel, Contribution, Instrument, Partner, RoundTable
from funds.sources.channels import open_channel
from tests.funds.factories import CommitmentFactory, FundFactory, OfferFactory, euros
from tests.funds.founding.scenes import DAY, NOW, a_founder
from tests.funds.sources.scenes import a_partner
from tests.investors.factories import UserFactory
from tests.projects.applications.scenes import pdf_file
from tests.projects.factories import ProjectFactory

pytestmark = pytest.mark.django_db


def a_table(project=None, fund=None, need=10_000):
    return open_round_table(
        project=project or ProjectFactory(), fund=fund or FundFactory(region_code="32"), need=euros(need),
        reason="Budget du dossier.", by=UserFactory(), at=NOW,
    )  # fmt: skip


def a_line(table, asked=4_000, nature="LOAN", financer="Banque du bourg", **fields):
    return ask_contribution(
        table=table, financer=financer, nature=nature, asked=euros(asked), asked_on=DAY, by=UserFactory(), at=NOW,
        **fields,
    )  # fmt: skip


def confirm(line, amount, **fields):
    values = {"on": date(2026, 4, 1), "evidence": "Lettre du 1er avril", **fields}
    return confirm_contribution(contribution=line, amount=euros(amount), by=UserFactory(), at=NOW, **values)


def test_a_project_has_one_round_with_a_need_that_says_where_it_comes_from():
    table = a_table()
    with pytest.raises(RoundTableRefused, match="déjà son tour"):
        a_table(project=table.project)
    with pytest.raises(RoundTableRefused, match="besoin positif"):
        a_table(need=0)
    assert RoundTable.objects.count() == 1


def test_a_line_goes_from_asked_to_confirmed_with_its_dates_and_its_evidence():
    table = a_table()
    line = a_line(table)
    with pytest.raises(RoundTableRefused, match="déjà une ligne"):
        a_line(table)
    line = promise_contribution(contribution=line, amount=euros(3_000), on=date(2026, 3, 9), by=UserFactory(), at=NOW)
    with pytest.raises(RoundTableRefused, match="cite sa preuve"):
        confirm(line, 3_000, evidence=" ")
    with pytest.raises(RoundTableRefused, match="02/03/2026"):
        confirm(line, 3_000, on=date(2026, 1, 1))
    line = confirm(line, 3_500, file=pdf_file("lettre.pdf"))
    assert (line.state, line.amount, line.file.is_public) == (ContributionState.CONFIRMED, euros(3_500), False)
    totals = totals_of(table)
    assert (totals.confirmed_cents, totals.missing_cents, totals.gap_cents) == (350_000, 650_000, 650_000)


def test_what_is_firm_never_exceeds_the_need_until_the_need_is_revised():
    table = a_table(need=5_000)
    confirm(a_line(table), 4_000)
    other = a_line(table, financer="Fondation", nature="GRANT", asked=2_000)
    with pytest.raises(AboveNeed, match=r"4.000,00.€ sont fermes sur 5.000,00.€"):
        confirm(other, 2_000)
    assert Contribution.objects.get(pk=other.pk).state == ContributionState.ASKED
    with pytest.raises(AboveNeed):
        revise_need(table=table, need=euros(3_000), reason="Moins.", by=UserFactory(), at=NOW)
    revise_need(table=table, need=euros(6_000), reason="Devis révisé.", by=UserFactory(), at=NOW)
    confirm(other, 2_000)
    assert totals_of(table).missing_cents == 0


def test_a_guarantee_brings_no_money():
    table = a_table(need=1_000)
    confirm(a_line(table, nature="GUARANTEE", asked=50_000), 50_000)
    totals = totals_of(table)
    assert (totals.firm_cents, totals.guaranteed_cents, totals.missing_cents) == (0, 5_000_000, 100_000)


def test_a_refusal_and_a_withdrawal_say_why_and_leave_the_totals():
    table = a_table()
    line, other = a_line(table), confirm(a_line(table, financer="Fondation"), 1_000)
    end = {"on": date(2026, 5, 1), "by": UserFactory(), "at": NOW}
    with pytest.raises(RoundTableRefused, match="motif"):
        refuse_contribution(contribution=line, reason=" ", **end)
    refuse_contribution(contribution=line, reason="Secteur hors politique de la banque.", **end)
    withdraw_contribution(contribution=other, reason="Conseil renouvelé.", **end)
    assert totals_of(table).planned_cents == 0
    a_line(table)


def test_money_of_the_platform_is_read_once_and_never_typed():
    fund = FundFactory(region_code="32")
    raising = OfferFactory(fund=fund, open=True)
    done = OfferFactory(fund=fund, project=raising.project, succeeded=True)
    CommitmentFactory(offer=done, settled=True, amount=euros(300))
    table = a_table(raising.project, fund, need=1_000_000)
    assert [(line.cents, line.is_firm) for line in platform_lines(table.project)].count((30_000, True)) == 1
    totals = totals_of(table)
    assert totals.firm_platform_cents == 30_000
    assert totals.expected_platform_cents == int(raising.maximum.amount * 100)
    carrier = a_founder(fund, 1, Partner.Kind.CARRIER)
    Partner.objects.filter(pk=carrier.pk).update(siren=fund.entity.siren)
    carrier.refresh_from_db()
    pot = open_channel(
        partner=a_partner(fund=fund, channels=()), instrument=Instrument.POT_COMMUN, mode=Channel.Mode.POOLED,
        territory_code="32", by=UserFactory(), at=NOW,
    )  # fmt: skip
    with pytest.raises(CountedTwice):
        a_line(table, partner=carrier)
    with pytest.raises(CountedTwice):
        a_line(table, channel=pot)
    assert not table.contributions.exists()


def test_a_channel_names_its_partner_and_belongs_to_the_fund():
    table = a_table()
    partner = a_partner(fund=table.fund)
    line = a_line(table, channel=partner.channels.get(), financer="")
    assert (line.partner, line.financer) == (partner, partner.name)
    with pytest.raises(RoundTableRefused, match="autre fonds"):
        a_line(table, channel=a_partner(rank=7_002).channels.get())
