"""Writing persons and legal persons: their number, their profile, where they are taxed, their account."""

import unicodedata
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from investors.encryption import keyed_hash
from investors.models import Party, TaxResidence, User

_LETTER = {Party.Kind.PERSON: "S", Party.Kind.LEGAL: "P"}
_IDENTITY = ("given_names", "family_name", "birth_date", "birth_place", "birth_country")


class IbanNotValid(RuleViolation):
    """The account number does not exist: a sign is missing or wrong."""

    rule = "iban-not-valid"


class IbanInAnotherName(RuleViolation):
    """Money due to a person goes to their own account only (ruling B29)."""

    rule = "iban-in-another-name"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a gift and a loan ask of a person (ruling B6). Dates are dates, countries are ISO 3166-1 codes."""

    given_names: str
    family_name: str
    birth_date: date
    birth_place: str
    birth_country: str
    address_line: str
    postal_code: str
    city: str
    commune_code: str
    country: str
    phone: str = ""


def next_party_numbers(kind: Party.Kind, count: int = 1) -> list[str]:
    """Return numbers nobody had before, in order: "S000123" for a person, "P000123" for a legal person."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('investors_party_number') FROM generate_series(1, %s)", [count])
        return [f"{_LETTER[kind]}{number:06d}" for (number,) in cursor.fetchall()]


@transaction.atomic
def save_profile(*, user: User, identity: Identity, at: datetime) -> Party:
    """Write the person behind an account, giving a number the first time.

    A name or a birth that changes after the identity was checked asks for a new check.
    """
    User.objects.select_for_update().get(pk=user.pk)  # two first saves at once make one party
    party = Party.objects.select_for_update().filter(user=user).first()
    if party is None:
        party = Party(user=user, kind=Party.Kind.PERSON, number=next_party_numbers(Party.Kind.PERSON)[0], created_at=at)
    elif any(getattr(party, field) != getattr(identity, field) for field in _IDENTITY):
        party.kyc_verified_at = None
        party.screened_at = None
    for field, value in asdict(identity).items():
        setattr(party, field, value)
    party.email = user.email
    party.save()
    name = party.name[:120]
    if user.display_name != name:
        user.display_name = name
        user.save(update_fields=["display_name"])
    return party


@transaction.atomic
def declare_tax_residence(*, party: Party, country: str, tax_identifier: str, at: datetime) -> TaxResidence:
    """Write where the party is taxed from today in Paris on; the residence before ends the same day.

    The same declaration again changes nothing; a second change on one day corrects the first.
    """
    on = clock.local(at).date()
    Party.objects.select_for_update().get(pk=party.pk)
    current = TaxResidence.objects.filter(party=party, valid_to=None).first()
    values = {
        "country": country,
        "tax_identifier": tax_identifier,
        "tax_identifier_hash": keyed_hash(tax_identifier),
        "declared_at": at,
    }
    if current is not None:
        if (current.country, current.tax_identifier) == (country, tax_identifier):
            return current
        if current.valid_from == on or current.country == country:
            for field, value in values.items():
                setattr(current, field, value)
            current.save()
            return current
        current.valid_to = on
        current.save(update_fields=["valid_to"])
    return TaxResidence.objects.create(party=party, valid_from=on, **values)


def check_iban(text: str) -> str:
    """Return the account number in its electronic form. Raises IbanNotValid.

    The national key inside (RIB) is checked too, except in the demonstration, whose accounts are invented.
    """
    try:
        return str(IBAN(text, validate_bban=not settings.DEMONSTRATION))
    except SchwiftyException as error:
        raise IbanNotValid(
            _("Cet IBAN ne passe pas le contrôle : un signe manque ou est faux."),
            next_step=_("Recopiez-le depuis votre relevé d’identité bancaire."),
        ) from error


@transaction.atomic
def record_iban(*, party: Party, iban: str, holder: str) -> Party:
    """Write the account that money due goes to; it stays unverified until someone checks it.

    Raises: IbanNotValid; IbanInAnotherName: the holder's name does not hold the party's (case and accents aside).
    """
    iban = check_iban(iban)
    own = party.legal_name if party.kind == Party.Kind.LEGAL else party.family_name
    if not _words(own) <= _words(holder):
        raise IbanInAnotherName(
            _("Un compte s’enregistre au nom de son titulaire : ici %(name)s.") % {"name": party.name},
            next_step=_("Donnez l’IBAN d’un compte à votre nom ; un compte joint convient s’il porte votre nom."),
        )
    party = Party.objects.select_for_update().get(pk=party.pk)
    if party.iban != iban:
        party.iban_verified_at = None
    party.iban, party.iban_hash, party.iban_holder = iban, keyed_hash(iban), holder
    party.save(update_fields=["iban", "iban_hash", "iban_holder", "iban_verified_at"])
    return party


def _words(name: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return set("".join(sign if sign.isalnum() else " " for sign in plain if not unicodedata.combining(sign)).split())
