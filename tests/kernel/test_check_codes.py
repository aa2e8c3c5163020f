import re

from hypothesis import given
from hypothesis import strategies as st

from fres.kernel.check_codes import check_address, check_code, is_check_code

numbers = st.from_regex(r"[A-Z0-9]{3,10}/20[0-9]{2}/[0-9]{6}", fullmatch=True)


@given(numbers)
def test_a_code_is_short_readable_and_always_the_same(number):
    code = check_code(number)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", code)
    assert code == check_code(number)
    assert is_check_code(number, code)
    assert is_check_code(number, code.lower().replace("-", " "))


@given(numbers, numbers)
def test_the_code_of_a_number_is_not_that_of_another(one, other):
    assert (one == other) == is_check_code(one, check_code(other))


def test_nothing_and_strange_signs_are_no_code():
    assert not is_check_code("REL/2025/000001", "")
    assert not is_check_code("REL/2025/000001", "é" * 12)


def test_another_key_gives_another_code(settings):
    before = check_code("REL/2025/000001")
    settings.SECRET_KEY = "another key, long enough to be one"
    assert check_code("REL/2025/000001") != before
    assert not is_check_code("REL/2025/000001", before)


def test_the_address_holds_the_code_and_the_number(settings):
    settings.SITE_URL = "https://fres.example"
    number = "REL/2025/000001"
    assert check_address(number) == f"https://fres.example/verifier/{check_code(number)}/{number}"
