"""Numbers of the national registers, with their check digits. Pure: text in, normal form out."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _
from stdnum.exceptions import ValidationError
from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from fres.kernel.errors import RuleViolation

LEI_LENGTH = 20
_RNA = re.compile(r"W[0-9][0-9AB][0-9]{7}")  # W, three signs for the registry, six figures


class SirenNotValid(RuleViolation):
    """A SIREN is nine figures whose last one checks the others (Luhn)."""

    rule = "siren-not-valid"


class SiretNotValid(RuleViolation):
    """A SIRET is the SIREN and five figures whose last one checks the others."""

    rule = "siret-not-valid"


class RnaNotValid(RuleViolation):
    """An association's number is W and nine signs; it carries no check digit."""

    rule = "rna-not-valid"


class LeiNotValid(RuleViolation):
    """A legal entity identifier is twenty signs whose last two check the others (ISO 17442)."""

    rule = "lei-not-valid"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the registers call an organisation. All empty: it is being created."""

    siren: str = ""
    siret: str = ""
    rna: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.siren or self.rna)


def read_numbers(*, siren_or_siret: str = "", rna: str = "") -> Numbers:
    """Return the numbers a person typed, without spaces; a SIRET gives its SIREN.

    Raises: SirenNotValid, SiretNotValid, RnaNotValid: with what is wrong and where to look.
    """
    typed = _bare(siren_or_siret)
    if not typed:
        return Numbers(rna=read_rna(rna))
    if len(typed) <= 9 or not typed.isdigit():
        return Numbers(siren=read_siren(typed), rna=read_rna(rna))
    siret = read_siret(typed)
    return Numbers(siren=siret[:9], siret=siret, rna=read_rna(rna))


def read_siren(text: str) -> str:
    """Return a SIREN as nine figures. Raises: SirenNotValid."""
    typed = _bare(text)
    if not re.fullmatch("[0-9]{9}", typed):
        raise SirenNotValid(
            _("Un SIREN a 9 chiffres ; celui-ci a %(number)s signes.") % {"number": len(typed)},
            next_step=_("Recopiez-le depuis l’avis de situation de l’INSEE, ou donnez le SIRET, de 14 chiffres."),
        )
    try:
        return siren_number.validate(typed)
    except ValidationError as error:
        raise SirenNotValid(
            _("Le SIREN %(number)s n’existe pas : son dernier chiffre ne vérifie pas les autres.") % {"number": typed},
            next_step=_("Relisez-le : deux chiffres sont souvent inversés."),
        ) from error


def read_siret(text: str) -> str:
    """Return a SIRET as fourteen figures. Raises: SiretNotValid."""
    typed = _bare(text)
    if not re.fullmatch("[0-9]{14}", typed):
        raise SiretNotValid(
            _("Un SIRET a 14 chiffres ; celui-ci a %(number)s signes.") % {"number": len(typed)},
            next_step=_("Recopiez-le depuis l’avis de situation de l’INSEE, ou donnez le SIREN, de 9 chiffres."),
        )
    try:
        return siret_number.validate(typed)
    except ValidationError as error:
        raise SiretNotValid(
            _("Le SIRET %(number)s n’existe pas : son dernier chiffre ne vérifie pas les autres.") % {"number": typed},
            next_step=_("Relisez-le : deux chiffres sont souvent inversés."),
        ) from error


def read_rna(text: str) -> str:
    """Return an association's number, or nothing when none was typed. Raises: RnaNotValid."""
    typed = _bare(text).upper()
    if typed and not _RNA.fullmatch(typed):
        raise RnaNotValid(
            _("Un numéro RNA s’écrit W et 9 signes, par exemple W621000123."),
            next_step=_("Il est sur le récépissé de la préfecture. Laissez le champ vide si vous n’en avez pas."),
        )
    return typed


def read_lei(text: str) -> str:
    """Return a legal entity identifier, or nothing when none was typed. Raises: LeiNotValid."""
    typed = _bare(text).upper()
    if typed and not is_lei(typed):
        raise LeiNotValid(
            _("« %(lei)s » n’est pas un LEI : 20 signes, dont les deux derniers vérifient les autres.")
            % {"lei": typed},
            next_step=_("Recopiez-le depuis l’attestation de l’organisme qui l’a délivré."),
        )
    return typed


def is_lei(text: str) -> bool:
    """Return whether a text is a legal entity identifier: 20 signs, check digits right (ISO 17442, mod 97-10)."""
    if len(text) != LEI_LENGTH or not text.isascii() or not text.isalnum() or not text[-2:].isdigit():
        return False
    if text != text.upper():
        return False
    return int("".join(str(int(sign, 36)) for sign in text)) % 97 == 1


def _bare(text: str) -> str:
    return re.sub(r"[\s.\-]+", "", text)
