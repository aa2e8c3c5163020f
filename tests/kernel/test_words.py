import pytest
from hypothesis import given
from hypothesis import strategies as st

from fres.kernel.words import amount_in_words, integer_in_words

UNITS = [
    *("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze"),
    *("treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"),
]
TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}


def below_hundred(n: int) -> str:
    """The grammar written a second time, as a judge: no code shared with the library."""
    if n < 20:
        return UNITS[n]
    ten, unit = divmod(n, 10)
    if ten in (7, 9):
        ten, unit = ten - 1, unit + 10
    if unit == 0:
        return TENS[ten] + ("s" if ten == 8 else "")
    if unit in (1, 11) and ten != 8:
        return f"{TENS[ten]} et {UNITS[unit]}"
    return f"{TENS[ten]}-{UNITS[unit]}"


def below_thousand(n: int) -> str:
    hundreds, rest = divmod(n, 100)
    if not hundreds:
        return below_hundred(rest)
    head = "cent" if hundreds == 1 else f"{UNITS[hundreds]} cent"
    if not rest:
        return head + ("s" if hundreds > 1 else "")
    return f"{head} {below_hundred(rest)}"


def judged(n: int) -> str:
    if n == 0:
        return "zéro"
    words = []
    for size, name in ((10**9, "milliard"), (10**6, "million")):
        count, n = divmod(n, size)
        if count:
            words.append(f"{below_thousand(count)} {name}{'s' if count > 1 else ''}")
    thousands, n = divmod(n, 1000)
    if thousands:
        head = below_thousand(thousands)
        if head.endswith(("vingts", "cents")):
            head = head[:-1]  # no s before mille
        words.append("mille" if thousands == 1 else f"{head} mille")
    if n:
        words.append(below_thousand(n))
    return " ".join(words)


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (0, "zéro euro"),
        (1, "un centime"),
        (50, "cinquante centimes"),
        (100, "un euro"),
        (105, "un euro et cinq centimes"),
        (2_100, "vingt et un euros"),
        (7_100, "soixante et onze euros"),
        (8_000, "quatre-vingts euros"),
        (8_100, "quatre-vingt-un euros"),
        (9_100, "quatre-vingt-onze euros"),
        (20_000, "deux cents euros"),
        (20_100, "deux cent un euros"),
        (28_000, "deux cent quatre-vingts euros"),
        (100_000, "mille euros"),
        (110_000, "mille cent euros"),
        (200_000, "deux mille euros"),
        (8_000_000, "quatre-vingt mille euros"),
        (20_000_000, "deux cent mille euros"),
        (100_000_000, "un million d’euros"),
        (20_000_000_000, "deux cents millions d’euros"),
        (100_000_000_100, "un milliard un euros"),
        (100_000_001, "un million d’euros et un centime"),
        (
            123_456_789,
            "un million deux cent trente-quatre mille cinq cent soixante-sept euros et quatre-vingt-neuf centimes",
        ),
    ],
)
def test_amounts_are_written_as_the_fact_sheet_says(cents, words):
    assert amount_in_words(cents) == words


@given(st.integers(0, 10**12 - 1))
def test_whole_numbers_agree_with_the_grammar_written_a_second_time(number):
    assert integer_in_words(number) == judged(number)


@given(st.integers(0, 10**11), st.integers(1, 99))
def test_euros_and_centimes_are_joined_once(euros, rest):
    words = amount_in_words(euros * 100 + rest)
    tail = f"{judged(rest)} centime{'s' if rest > 1 else ''}"
    assert words.endswith(tail)
    assert (words == tail) == (euros == 0)


@pytest.mark.parametrize("amount", [-1, 10**14])
def test_what_cannot_be_written_is_refused(amount):
    with pytest.raises(ValueError, match="cannot be written"):
        amount_in_words(amount)


@pytest.mark.parametrize("amount", [1.0, "100", True, None])
def test_only_whole_cents_are_written(amount):
    with pytest.raises(TypeError):
        amount_in_words(amount)
