"""Tables that only grow: the triggers that say so, and the list the application role may not touch.

A model that must never change puts `append_only.triggers("name")` in its `Meta.triggers`. TRUNCATE cannot be
refused by a row trigger: the application role has no right to it, nor to UPDATE and DELETE (`prepare_database`).
"""

import pgtrigger
from django.apps import apps
from django.db import models

# pghistory calls its own trigger on event tables "append_only"; ours add the name of the table.
_PREFIX = "append_only"


def triggers(name: str) -> list[pgtrigger.Trigger]:
    """Return the trigger that refuses any UPDATE or DELETE of the table, whoever asks."""
    return [pgtrigger.Protect(name=f"{_PREFIX}_{name}", operation=pgtrigger.Update | pgtrigger.Delete)]


def append_only_models() -> list[type[models.Model]]:
    """Return every installed model that carries the append-only trigger, by table name."""
    found = [
        model
        for model in apps.get_models()
        if any(trigger.name.startswith(_PREFIX) for trigger in getattr(model._meta, "triggers", []))
    ]
    return sorted(found, key=lambda model: model._meta.db_table)


def unreadable_models() -> list[type[models.Model]]:
    """Return the models the application may not even read, by table name: functions of the database answer for them."""
    found = [model for model in apps.get_models() if getattr(model, "is_unreadable", False)]
    return sorted(found, key=lambda model: model._meta.db_table)
