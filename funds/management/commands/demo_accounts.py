"""Print one demonstration account per role, with the password they share."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from funds.demonstration import cast
from funds.demonstration.accounts import demonstration_accounts


class Command(BaseCommand):
    help = "Print the accounts of the demonstration."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("there is no demonstration here")
        accounts = demonstration_accounts()
        for account in accounts:
            self.stdout.write(f"  {account.role:<24} {account.email}")
        self.stdout.write(
            f"{len(accounts)} accounts, password {cast.PASSWORD}; "
            f"second-factor codes of staff: {settings.SITE_URL}/demonstration/"
        )
