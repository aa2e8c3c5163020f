"""Open calls and publish the versions of their forms: a version that was published never changes."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation
from investors.models import User
from projects.applications.form_schema import FormInvalid, FormSchema, parse_form
from projects.indicators.loading import VERSION
from projects.indicators.selectors import forecast_options
from projects.models import Call, Form

TEMPLATE = Path(settings.BASE_DIR) / "data" / "forms" / "dossier.json"


class FormRefused(RuleViolation):
    """The data of a form cannot be shown or filled in."""

    rule = "form-invalid"


@transaction.atomic
def open_call(
    *,
    title: str,
    summary: str,
    description: str,
    fund_uuid: UUID,
    fund_name: str,
    region_code: str,
    opens_at: datetime,
    closes_at: datetime | None,
    by: User | None,
    at: datetime,
    contact_email: str = "",
    slug: str = "",
) -> Call:
    """Open a call with the first version of the ordinary form.

    Args: closes_at: None for a call that stays open. by: None for the operator's command only.
    Raises: IntegrityError: it closes before it opens.
    """
    call = Call.objects.create(
        slug=slug or free_slug(Call, title),
        title=title,
        summary=summary,
        description=description,
        fund_uuid=fund_uuid,
        fund_name=fund_name,
        region_code=region_code,
        opens_at=opens_at,
        closes_at=closes_at,
        contact_email=contact_email,
        created_by=by,
        created_at=at,
    )
    publish_form(call=call, definition=json.loads(TEMPLATE.read_text(encoding="utf-8")), by=by, at=at)
    return call


@transaction.atomic
def publish_form(*, call: Call, definition: dict[str, Any], by: User | None, at: datetime) -> Form:
    """Publish the next version of a call's form; drafts under way keep theirs until their team moves them.

    Lists named by `options_from` are filled in and frozen with the version.
    Raises: FormRefused: the data describes no form.
    """
    call = Call.objects.select_for_update().get(pk=call.pk)
    filled = _filled(definition)
    try:
        parse_form(filled)
    except FormInvalid as mistake:
        raise FormRefused(
            _("Ce formulaire n’est pas publiable : %(mistake)s.") % {"mistake": mistake},
            next_step=_("Corrigez ses données, puis publiez-le."),
        ) from mistake
    last = call.forms.aggregate(last=Max("version"))["last"] or 0
    return Form.objects.create(call=call, version=last + 1, definition=filled, published_by=by, published_at=at)


def open_calls(at: datetime) -> QuerySet[Call]:
    """Return the calls that take files at a moment, those that close first at the top."""
    return (
        Call.objects.filter(opens_at__lte=at)
        .filter(Q(closes_at=None) | Q(closes_at__gte=at))
        .order_by("closes_at", "pk")
    )


def latest_form(call: Call) -> Form:
    """Return the version of a call's form that new files fill in. Raises: Form.DoesNotExist: none was published."""
    form = call.forms.order_by("-version").first()
    if form is None:
        raise Form.DoesNotExist(f"{call.slug} has no form")
    return form


def schema_of(form: Form) -> FormSchema:
    """Return the sections and fields of a published version."""
    return parse_form(form.definition)


def free_slug(model: type[Any], title: str) -> str:
    """Return an address made of a title that no row of the model has yet."""
    base = slugify(title)[:70] or "page"
    taken = set(model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(name for rank in range(2, len(taken) + 3) if (name := f"{base}-{rank}") not in taken)


def _filled(definition: dict[str, Any]) -> dict[str, Any]:
    """Return the data with the lists it names written in."""
    filled = json.loads(json.dumps(definition))
    for section in filled.get("sections", []):
        for field in section.get("fields", []):
            for column in field.get("columns", []):
                if column.pop("options_from", "") == "indicators":
                    column["options"] = [list(option) for option in forecast_options()]
                    column["options_version"] = VERSION
    return filled
