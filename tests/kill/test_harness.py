"""The harness itself: it must find a step that forgets, and a step that asks twice; else its silence proves nothing."""

from datetime import timedelta

import pytest

from fres.kernel.models import Message
from funds.payments.gateway import CheckoutOpened
from tests.funds.factories import NOW
from tests.funds.payments.scenes import Provider
from tests.kill.harness import kill_everywhere, run_and_kill

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_a_child_dies_where_it_is_told_and_survives_when_it_has_fewer_points():
    def write(_scene: None) -> None:
        Message.objects.create(key="one", to="a@example.org", template="x", queued_at=NOW)

    assert (run_and_kill(write, None, at_point=1) or "").startswith("before SQL INSERT")
    assert not Message.objects.exists()
    assert run_and_kill(write, None, at_point=50) is None
    assert Message.objects.count() == 1


def test_a_child_that_fails_by_itself_is_no_kill():
    def fail(_scene: None) -> None:
        raise ValueError("something of its own")

    with pytest.raises(AssertionError, match="something of its own"):
        run_and_kill(fail, None, at_point=1)


def test_a_charge_that_makes_a_new_key_each_time_is_caught_asking_twice(provider: Provider):
    """The control: without our own row's key, a death after the request opens a second page."""

    def ask(scene: dict[str, int]) -> CheckoutOpened:
        scene["tries"] += 1
        return provider.gateway.open_checkout(
            key=f"{scene['rank']}-{scene['tries']}",
            amount_cents=5_000,
            description="Un prêt",
            success_url="http://site.test/a",
            cancel_url="http://site.test/b",
            payer_email="saver@example.org",
            reference="none",
            expires_at=provider.now + timedelta(hours=3),
        )

    ranks = iter(range(1_000))

    def again(scene: dict[str, int]) -> None:
        if scene["rank"] > 0:  # the first run is not harmed: nobody asks again
            scene["tries"] += 1
            ask(scene)

    with pytest.raises(AssertionError, match=r"after HTTP POST .*asked"):
        kill_everywhere(
            prepare=lambda: {"rank": next(ranks), "tries": 0},
            act=ask, repair=again, tell=lambda scene: None, server=provider.server,
        )  # fmt: skip
