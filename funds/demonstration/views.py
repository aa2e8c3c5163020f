"""Pages only the demonstration has: who can sign in, the mails that were sent, the clock."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only
from fres.kernel.clock_moves import move_clock
from fres.kernel.errors import RuleViolation
from fres.kernel.models import Message
from funds.demonstration import cast
from funds.demonstration.accounts import demonstration_accounts

PER_PAGE = 30
LONGEST_MOVE = timedelta(days=400)


class ClockForm(forms.Form):
    days = forms.TypedChoiceField(
        choices=[(days, days) for days in (1, 4, 7, 30)], coerce=int, empty_value=None, required=False
    )
    to = forms.DateTimeField(
        label=_("Aller au"),
        help_text=_("Date et heure de Paris, par exemple 27/11/2026 10:00."),
        input_formats=["%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M", "%d/%m/%Y"],
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not values.get("days") and not values.get("to"):
            raise forms.ValidationError(_("Dites jusqu’où avancer : une date, ou un nombre de jours."))
        target = values.get("to")
        if target and target - clock.now() > LONGEST_MOVE:
            self.add_error(
                "to", _("L’horloge avance de 400 jours au plus en une fois. Choisissez une date plus proche.")
            )
        return values

    def target(self) -> datetime:
        """Return the moment asked for: the same hour some days later, or the date given."""
        days = self.cleaned_data["days"]
        if days:
            return clock.local(clock.now()) + timedelta(days=days)
        moment: datetime = self.cleaned_data["to"]
        return moment


@open_to_all
@require_GET
@reads_only
def accounts(request: HttpRequest) -> HttpResponse:
    """Show one account per role, their password, and the second factor of staff at this moment."""
    context = {"accounts": demonstration_accounts(), "password": cast.PASSWORD}
    return render(request, "demonstration/accounts.html", context)


@open_to_all
@require_GET
@reads_only
def mailbox(request: HttpRequest) -> HttpResponse:
    messages = Message.objects.order_by("-queued_at", "-pk")
    to = request.GET.get("to", "").strip()
    if to:
        messages = messages.filter(to__iexact=to)
    page = Paginator(messages, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "demonstration/mailbox.html", {"page": page, "to": to})


@open_to_all
@require_GET
@reads_only
def message(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return render(request, "demonstration/message.html", {"message": get_object_or_404(Message, uuid=uuid)})


@open_to_all
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest) -> HttpResponse:
    """Show the clock, and move it: what falls due on the way is done, night by night."""
    form = ClockForm(request.POST or None)
    done: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            done = [
                f"{clock.local(moment):%d/%m/%Y} – {summary}" for moment, _name, summary in move_clock(to=form.target())
            ]
        except RuleViolation as refusal:
            form.add_error("to", refusal.message)
    return render(request, "demonstration/clock.html", {"form": form, "done": done})
