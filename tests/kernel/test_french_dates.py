from datetime import date

from fres.kernel.french_dates import MONTHS, date_in_figures, date_in_words


def test_the_first_of_a_month_is_an_ordinal_and_the_day_never_parts_from_its_month():
    assert date_in_words(date(2027, 1, 1)) == "1er\u00a0janvier 2027"
    assert date_in_words(date(2026, 8, 31)) == "31\u00a0août 2026"
    assert len(MONTHS) == 12


def test_a_date_in_figures_has_two_figures_for_the_day_and_the_month():
    assert date_in_figures(date(2026, 3, 4)) == "04/03/2026"
