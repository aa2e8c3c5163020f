"""Countries by ISO 3166-1 code, named in the reader's language."""

import gettext
from functools import lru_cache

import pycountry
from django.utils.translation import get_language


@lru_cache(maxsize=8)
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)


def country_name(code: str) -> str:
    """Return the name of the country, or the code itself when nobody knows it."""
    country = pycountry.countries.get(alpha_2=code)
    if country is None:
        return code
    return _catalogue((get_language() or "fr")[:2]).gettext(getattr(country, "common_name", country.name))


def country_choices() -> list[tuple[str, str]]:
    """Return every country by name, France first: nearly everyone chooses it."""
    named = sorted(((country.alpha_2, country_name(country.alpha_2)) for country in pycountry.countries),
                   key=lambda choice: choice[1])  # fmt: skip
    return [("FR", country_name("FR")), *(choice for choice in named if choice[0] != "FR")]
