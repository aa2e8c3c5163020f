"""Who may see what: closed by default (D12). The table itself is `fres/access_table.py`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

View = Callable[..., HttpResponse]


class Role(TextChoices):
    SAVER = "saver", _("Épargnant·e")
    HOLDER = "holder", _("Porteur de projet")
    INSTRUCTOR = "instructor", _("Instruction")
    COMMITTEE = "committee", _("Comité")
    EVALUATOR = "evaluator", _("Évaluation des labels")
    MONITORING = "monitoring", _("Suivi")
    TREASURER = "treasurer", _("Trésorerie")
    COMPLIANCE = "compliance", _("Conformité")
    MANAGER = "manager", _("Gestion du fonds")
    ACCOMPANYING = "accompanying", _("Accompagnement")
    PARTNER = "partner", _("Partenaire")
    OFFICIAL = "official", _("Élu·e ou agent public")
    AUDITOR = "auditor", _("Audit")
    ADMINISTRATOR = "administrator", _("Administration")


STAFF_ROLES = frozenset(
    {
        Role.INSTRUCTOR, Role.COMMITTEE, Role.EVALUATOR, Role.MONITORING, Role.TREASURER, Role.COMPLIANCE,
        Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR,
    }
)  # fmt: skip

open_to_all = login_not_required

_WRITING = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "MERGE", "COPY")
# Django keeps sessions and rate limits in the database: they are not what a page shows.
_SET_ASIDE = ("django_session", "kernel_cache")


class WroteWhileReading(Exception):
    """A page that only shows sent SQL that writes."""


def reads_only(view: View) -> View:
    """Refuse any SQL that writes while the view runs."""

    def refuse(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.lstrip().upper().startswith(_WRITING) and not any(table in sql for table in _SET_ASIDE):
            raise WroteWhileReading(sql[:120])
        return execute(sql, params, many, context)

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with connection.execute_wrapper(refuse):
            return view(request, *args, **kwargs)

    return wrapped
