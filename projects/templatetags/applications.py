"""How applications are written on pages."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from fres.kernel.money import NO_BREAK_SPACE
from projects.models import InstructionNote

register = template.Library()


@register.filter
def minutes_in_words(minutes: int) -> str:
    """An estimated effort: "20 min", "3 h 30"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}{NO_BREAK_SPACE}{_('min')}"
    return f"{hours}{NO_BREAK_SPACE}h" + (f"{NO_BREAK_SPACE}{rest:02}" if rest else "")


@register.filter
def at(values: Mapping[Any, Any], key: Any) -> Any:
    """What a mapping holds under a key; an empty text when it holds nothing."""
    return values.get(key, "")


@register.filter
def text_of(note: InstructionNote, name: str) -> str:
    """One point of a note by its name. Raises: AttributeError: no such point."""
    return str(getattr(note, name))
