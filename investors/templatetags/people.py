"""What a template may ask of a person's rights over people."""

from django import template

from investors import permissions

register = template.Library()


@register.simple_tag
def people_rights(user: permissions.Visitor) -> dict[str, bool]:
    """Return which of the pages about people a user may open, for the navigation of the back office."""
    roles = permissions.roles_of(user)
    return {
        "lists_people": permissions.lists_people(roles),
        "reads_journal": permissions.reads_journal(roles),
    }
