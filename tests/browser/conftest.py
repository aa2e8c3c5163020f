"""Journeys in a real browser: Debian's chromium, the site and our Stripe over real HTTP, one clock for all three.

Without chromium they are skipped, and said to be; with FRES_REQUIRE_BROWSER=1 (as in CI) its absence fails.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Page

from fres.kernel import clock, clock_moves, jobs
from fres.kernel.models import Message
from investors.models import User
from tests.conftest import DEMONSTRATION_NOW
from tests.funds.factories import OPERATOR_CAPITAL_CENTS
from tests.investors.sessions import sign_in
from tests.stripe_server.process import StripeServer

# Playwright's synchronous interface keeps an event loop in this thread; the ORM is used between its calls, never in it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = shutil.which("chromium")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
QUIET_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and os.environ.get("FRES_REQUIRE_BROWSER") != "1":
                item.add_marker(pytest.mark.skip(reason="Debian's chromium is not installed"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM or "chromium", "args": QUIET_FLAGS}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": PHONE, "locale": "fr-FR", "timezone_id": "Europe/Paris"}


@dataclass
class Town:
    """The site, the payment provider and their clock, as one test walks through them."""

    page: Page
    url: str
    stripe: StripeServer

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def pass_time(self, **duration: float) -> None:
        """Let time go by: the provider's debits move, and what falls due here each night is done."""
        self.go_to(clock.local(clock.now()) + timedelta(**duration))

    def go_to(self, moment: datetime) -> None:
        for _done in clock_moves.move_clock(to=moment):
            jobs.run_pending()

    def catch_up(self) -> None:
        """Do what the worker would do now."""
        self.go_to(clock.now() + timedelta(seconds=1))

    def sign_in(self, user: User) -> None:
        """Open a session for a person, with a second factor, as if they had just typed both."""
        client = Client()
        sign_in(client, user)
        self.page.context.clear_cookies()
        self.page.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.url}]
        )

    def leap(self, moment: datetime) -> None:
        """Go to a far moment at once: what is due there is done once, not night by night."""
        clock.move(to=moment)
        self.stripe.requests()  # the provider reads the clock again
        self.catch_up()

    def last_message(self, to: str, template: str) -> Message:
        message = Message.objects.filter(to=to, template=template).order_by("-queued_at", "-pk").first()
        assert message is not None, f"no {template} was written to {to}"
        return message

    def check_page(self, heading: str) -> None:
        """The page has this heading, no sideways scroll and no violation that axe can see."""
        assert heading in (self.page.locator("h1").first.text_content() or "").replace("\u00a0", " ")
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= self.page.viewport_size["width"], f"{self.page.url} scrolls sideways"  # type: ignore[index]
        results = Axe().run(self.page)
        assert results.violations_count == 0, f"{self.page.url}\n{results.generate_report()}"


@pytest.fixture
def town(page: Page, live_server: Any, settings: Any, tmp_path: Path, transactional_db: None) -> Iterator[Town]:
    cache.clear()  # rate limits of the test before
    settings.CLOCK_FILE = str(tmp_path / "clock.json")
    clock.move(to=DEMONSTRATION_NOW)
    settings.SITE_URL = live_server.url
    webhook = f"{live_server.url}/paiement/webhook/"
    with StripeServer(webhook_url=webhook, clock_file=Path(settings.CLOCK_FILE)) as stripe:
        stripe.fund(OPERATOR_CAPITAL_CENTS)  # the operator's own money, as its books say
        settings.STRIPE_API_BASE = stripe.url
        settings.STRIPE_SECRET_KEY = stripe.secret_key
        settings.STRIPE_PAYOUT_KEY = stripe.payout_key
        settings.STRIPE_WEBHOOK_SECRET = stripe.webhook_secret
        directives = dict(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])
        directives["form-action"] = ["'self'", stripe.url]
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives}
        page.set_default_timeout(15_000)
        yield Town(page, live_server.url, stripe)
