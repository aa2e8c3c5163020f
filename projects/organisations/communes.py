"""Which commune a person means: its code, its name or its postal code; a merged one leads to its successor."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from fres.kernel import territories
from fres.kernel.errors import RuleViolation
from fres.kernel.models import Territory

_SHOWN = 6
_WRITTEN_OUT = re.compile(r"\(([0-9][0-9AB][0-9]{3})\)$", re.IGNORECASE)


class CommuneUnknown(RuleViolation):
    """No commune in force has this code, name or postal code, and none succeeded to it."""

    rule = "commune-unknown"


class CommuneAmbiguous(RuleViolation):
    """Several communes answer to what was written: one is never guessed."""

    rule = "commune-ambiguous"


@dataclass(frozen=True, slots=True)
class SettledCommune:
    """The commune in force, and the code it was found by when that one is no longer in force."""

    code: str
    name: str
    replaced: str = ""


def settle_commune(text: str) -> SettledCommune:
    """Return the one commune that "Lens (62498)", a name, a postal code or an INSEE code leads to.

    Old codes lead to the commune in force (ruling C2). "62300" is the postal code of Lens and the INSEE code of
    Équihen-Plage: neither is guessed.
    Raises: CommuneUnknown; CommuneAmbiguous: with the names and codes to choose from.
    """
    typed = " ".join(text.split())
    if not typed:
        raise CommuneUnknown(_("Écrivez une commune."), next_step=_hint())
    exact = _WRITTEN_OUT.search(typed)
    if exact:
        code, found = exact[1].upper(), territories.successors(exact[1].upper())
    else:
        code, found = typed.upper(), _candidates(typed)
    if not found:
        raise CommuneUnknown(
            _("« %(text)s » n’est ni une commune en vigueur, ni une commune fusionnée.") % {"text": typed},
            next_step=_hint(),
        )
    if len(found) > 1:
        named = ", ".join(f"{one.name} ({one.code})" for one in found[:_SHOWN])
        raise CommuneAmbiguous(
            _("« %(text)s » désigne %(number)s communes : %(named)s.")
            % {"text": typed, "number": len(found), "named": named + ("…" if len(found) > _SHOWN else "")},
            next_step=_("Recopiez le nom et le code de la vôtre, comme ils sont écrits ici."),
        )
    one = found[0]
    return SettledCommune(one.code, one.name, code if code != one.code and _is_old_code(code) else "")


def exactly(code: str) -> str:
    """Return a code as `settle_commune` reads it as a code and nothing else: 59350 is also a postal code."""
    return f"({code})"


def written_out(code: str) -> str:
    """Return a commune as it may be typed again without doubt: "Lens (62498)"; the bare code when it is unknown.

    Args: code: bare, or as `exactly` writes it.
    """
    code = code.strip("()")
    row = territories.commune(code)
    return f"{row.name} ({row.code})" if row else code


def commune_names(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of communes in force by code, in one query; an unknown code is its own name."""
    wanted = set(codes)
    rows = territories.current(Territory.Level.COMMUNE).filter(code__in=wanted)
    return {code: code for code in wanted} | dict(rows.values_list("code", "name"))


def _candidates(text: str) -> list[Territory]:
    by_name = list(territories.current(Territory.Level.COMMUNE).filter(name__iexact=text))
    if by_name or len(text) != 5:
        return by_name
    found = {one.code: one for one in territories.successors(text.upper())}
    if text.isdigit():
        found |= {one.code: one for one in territories.communes_of_postal_code(text)}
    return [found[code] for code in sorted(found)]


def _is_old_code(code: str) -> bool:
    return Territory.objects.filter(level=Territory.Level.COMMUNE, code=code, is_current=False).exists()


def _hint() -> str:
    return _("Écrivez son nom, son code postal ou son code INSEE à cinq signes.")
