import pytest
from django.core.management import call_command

from funds.models import GiftReceipt
from tests.funds.receipts.test_issuing import a_gift, with_a_donor_of_no_address

pytestmark = pytest.mark.django_db


def lines_of(capsys, year):
    call_command("issue_receipts", year=year)
    return capsys.readouterr().out.splitlines()


def test_the_gifts_of_a_year_get_their_receipts_once_and_the_others_their_reason(clock, capsys):
    given, incomplete = a_gift(), a_gift()
    with_a_donor_of_no_address(incomplete)
    lines = lines_of(capsys, 2026)
    assert lines[0].startswith("1 × Le profil du donateur est incomplet")
    assert lines[-1] == "receipts 2026: 1 issued, 1 gifts that cannot have one"
    assert GiftReceipt.objects.get().commitment == given
    assert lines_of(capsys, 2026)[-1] == "receipts 2026: 0 issued, 1 gifts that cannot have one"


def test_a_gift_of_another_year_is_left_alone(clock, capsys):
    a_gift()
    assert lines_of(capsys, 2025)[-1] == "receipts 2025: 0 issued, 0 gifts that cannot have one"
