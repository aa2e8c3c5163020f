import pytest
from django.urls import reverse

from fres.kernel import clock as kernel_clock
from fres.kernel.money import to_cents
from funds.pool.selectors import my_pots
from funds.rules.decisions import decide_placement
from tests.funds.factories import euros
from tests.funds.pool.scenes import JANUARY, a_compartment, a_rule, hold
from tests.investors.factories import UserFactory
from tests.projects.factories import ProjectFactory

pytestmark = pytest.mark.django_db


def a_lively_pot():
    compartment = a_compartment()
    holder = hold(compartment, 100, wish="THEME", wish_code="energy")
    hold(compartment, 33)
    a_rule(compartment.fund)
    decide_placement(
        compartment=compartment, project=ProjectFactory(), amount=euros("333.33"), instrument="LOAN",
        by=UserFactory(), at=JANUARY, reason="Comité.",
    )  # fmt: skip
    return compartment, holder


@pytest.mark.usefixtures("clock")
def test_a_saver_sees_where_each_cent_of_the_pot_is_and_the_gap_to_the_wish(client):
    _compartment, holder = a_lively_pot()
    (mine,) = my_pots(holder)
    assert sum(to_cents(one.amount) for one in mine.euros) == to_cents(mine.amount) == 200_000
    (wish,) = mine.wishes
    assert wish.served == mine.euros[0].amount and to_cents(wish.gap) == 200_000 - to_cents(wish.served)
    client.force_login(holder.user)
    page = client.get(reverse("pool:mine"))
    assert page.status_code == 200 and mine.euros[0].title in page.content.decode()


@pytest.mark.usefixtures("clock")
def test_the_public_pages_of_the_pot_and_of_its_rules_show_what_the_books_say(client):
    compartment, _holder = a_lively_pot()
    for address in (
        reverse("pool:pots"), reverse("pool:pot", args=[compartment.slug]), reverse("pool:public_money"),
        reverse("rules:public"),
    ):  # fmt: skip
        assert client.get(address).status_code == 200, address
    assert kernel_clock.today() > JANUARY.date()
