"""What is withheld on interest: the computed vectors of the fact sheet (§9), by the date of payment."""

from datetime import date

import pytest

from fres.kernel.parameters import ParameterMissing
from funds.servicing.levies import INCOME_TAX, SOCIAL_LEVIES, levies_at

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("paid_on", "gross", "tax", "social", "net"),
    [
        (date(2025, 12, 15), 24_000, 3_072, 4_128, 16_800),
        (date(2025, 12, 31), 24_000, 3_072, 4_128, 16_800),
        (date(2026, 1, 1), 24_000, 3_072, 4_464, 16_464),
        (date(2026, 1, 15), 24_000, 3_072, 4_464, 16_464),
        (date(2026, 1, 15), 3_740, 479, 696, 2_565),
    ],
)
def test_the_vectors_of_the_fact_sheet(paid_on, gross, tax, social, net):
    withheld = levies_at(paid_on).on(gross)
    assert withheld == (tax, social)
    assert gross - sum(withheld) == net


def test_the_rows_used_are_named():
    before, after = levies_at(date(2025, 12, 31)).rows, levies_at(date(2026, 1, 1)).rows
    assert set(before) == {INCOME_TAX, SOCIAL_LEVIES}
    assert before[INCOME_TAX] == after[INCOME_TAX]
    assert before[SOCIAL_LEVIES] != after[SOCIAL_LEVIES]


def test_without_a_rate_nothing_is_guessed():
    with pytest.raises(ParameterMissing):
        levies_at(date(2010, 1, 1))
