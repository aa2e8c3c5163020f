"""Closed until opened (D12, style §9): roles, and what views wear. The table of answers is `fres/access_table.py`."""

import functools
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import TextChoices
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

View = Callable[..., HttpResponseBase]

BACK_OFFICE = "/gestion/"


class Role(TextChoices):
    """What a person may be here; one person may hold several, each for a fund, an organisation or a partner (A7)."""

    SAVER = "saver", _("Épargnant·e")
    HOLDER = "holder", _("Porteur de projet")
    INSTRUCTOR = "instructor", _("Instruction")
    COMMITTEE = "committee", _("Comité")
    EVALUATOR = "evaluator", _("Évaluation des labels")
    MONITORING = "monitoring", _("Suivi")
    TREASURER = "treasurer", _("Trésorerie")
    COMPLIANCE = "compliance", _("Conformité")
    MANAGER = "manager", _("Direction du fonds")
    ACCOMPANYING = "accompanying", _("Accompagnement")
    PARTNER = "partner", _("Partenaire")
    OFFICIAL = "official", _("Élu·e ou agent public")
    AUDITOR = "auditor", _("Audit")
    ADMINISTRATOR = "administrator", _("Administration du site")


STAFF_ROLES = frozenset(
    {
        Role.INSTRUCTOR,
        Role.COMMITTEE,
        Role.EVALUATOR,
        Role.MONITORING,
        Role.TREASURER,
        Role.COMPLIANCE,
        Role.MANAGER,
        Role.AUDITOR,
        Role.ADMINISTRATOR,
    }
)


def roles_of(user: Any) -> frozenset[str]:
    """Return the role codes that a user holds today, whatever their scope; none for an anonymous visitor.

    The kernel knows no people: it asks the function that `settings.ROLES_PROVIDER` names.
    """
    if not getattr(user, "is_authenticated", False):
        return frozenset()
    return frozenset(import_string(settings.ROLES_PROVIDER)(user))


def has_any_role(user: Any, *roles: str) -> bool:
    return not roles_of(user).isdisjoint(roles)


def is_staff_member(user: Any) -> bool:
    return not roles_of(user).isdisjoint(STAFF_ROLES)


open_to_all = login_not_required


def require(check: Callable[[Any], bool], *, hidden: bool = False) -> Callable[[View], View]:
    """Let a view answer only whom `check(user)` accepts: 403 for the others, 404 when they may not know of the page."""

    def wear(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not check(request.user):
                if hidden:
                    raise Http404
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return wear


class WroteWhileReading(Exception):
    """A page that only shows sent a statement that writes: a fault of the code, caught before the database sees it."""


_READS = re.compile(r"\s*(SELECT|WITH|EXPLAIN|SHOW|DECLARE|FETCH|CLOSE|SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)
_WRITES_INSIDE = re.compile(r"\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


def _refuse_writes(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    text = sql if isinstance(sql, str) else str(sql)
    # The shared cache is no data of ours: it throws away what has expired when it is read.
    if '"kernel_cache"' not in text:
        bare = _QUOTED.sub("x", text)
        if not _READS.match(bare) or _WRITES_INSIDE.search(bare):
            raise WroteWhileReading(text[:200])
    return execute(sql, params, many, context)


def reads_only(view: View) -> View:
    """Refuse any statement that writes, or locks rows, while the view answers: for pages that only show (style §3)."""

    @functools.wraps(view)
    def reading(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with connection.execute_wrapper(_refuse_writes):
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
        return response

    return reading
