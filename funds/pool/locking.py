"""Locks of the pool, after the saver's (ruling B4): the compartment, the matching fund, the envelope."""

from typing import TypeVar

from django.db import models

from funds.models import Compartment

M = TypeVar("M", bound=models.Model)


def lock_compartment(compartment_id: int) -> Compartment:
    """Lock a compartment until the end of the transaction and return it fresh, its issuer loaded."""
    rows = Compartment.objects.select_for_update(of=("self",), no_key=True).select_related("issuer", "fund")
    return rows.get(pk=compartment_id)


def lock_row(row: M) -> M:
    """Lock any row the same weak way and return it fresh."""
    return type(row)._base_manager.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
