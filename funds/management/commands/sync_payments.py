"""Ask the payment provider again about everything whose end nobody told us."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fres.kernel import clock
from funds.payments import sync
from funds.payments.stripe_gateway import gateway_from_settings


class Command(BaseCommand):
    help = "Handle waiting events, ask payments and refunds again, send the refunds that wait. Safe to run twice."

    def handle(self, *args: Any, **options: Any) -> None:
        gateway, at = gateway_from_settings(), clock.now()
        acts = (("events", sync.handle_events), ("payments", sync.sync_payments), ("refunds", sync.send_refunds))
        asked = changed = 0
        unanswered: list[str] = []
        broken: list[str] = []
        for name, act in acts:
            report = act(at=at, gateway=gateway)
            self.stdout.write(f"{name}: {report}")
            asked, changed = asked + report.asked, changed + report.changed
            unanswered, broken = unanswered + report.unanswered, broken + report.broken
        for row in unanswered:
            self.stderr.write(f"no answer: {row}")
        for row in broken:
            self.stderr.write(f"contradiction: {row}")
        summary = (
            f"payments synced: {asked} asked, {changed} changed, {len(unanswered)} unanswered, {len(broken)} broken"
        )
        if unanswered or broken:
            raise CommandError(summary)
        self.stdout.write(summary)
