"""What a template may ask of a person's rights."""

from django import template
from django.urls import resolve

from fres.access_table import ACCESS
from investors import permissions

register = template.Library()


@register.simple_tag
def opened_pages(user: permissions.Visitor) -> frozenset[str]:
    """Return the names of the pages that answer 200 to a role held, by the access table: a menu names no other.

    A role held for one fund or organisation counts: the page itself says what of it may be seen. One query.
    """
    roles = permissions.roles_of(user)
    return frozenset(name for name, answers in ACCESS.items() if any(answers.get(role) == 200 for role in roles))


@register.filter
def page_name(address: str) -> str:
    """Return the name, in the access table, of the page at an address of this site: "/gestion/" is "funds:desk"."""
    return resolve(address.partition("?")[0]).view_name
