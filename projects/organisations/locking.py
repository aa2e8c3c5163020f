"""Names that only one person may take at a time: a number of a register, the address of a page."""

from django.db import connection
from django.utils.text import slugify

_SLUG_LENGTH = 70


def hold(name: str) -> None:
    """Wait until nobody else in a transaction holds this name; let go when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def free_slug(model: type, name: str) -> str:
    """Return an address for a page that nothing of this model has: "les-halles", else "les-halles-2"…

    Call it in the transaction that writes the row: the name is held until it ends.
    """
    base = slugify(name)[:_SLUG_LENGTH] or model.__name__.lower()
    hold(f"slug {model.__name__} {base}")
    taken = set(model.objects.filter(slug__startswith=base).values_list("slug", flat=True))  # type: ignore[attr-defined]
    rank, slug = 1, base
    while slug in taken:
        rank += 1
        slug = f"{base}-{rank}"
    return slug
