"""Keys of a partner's programs: whoever acts for the partner makes and revokes them, the password typed again."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fres.kernel import clock, parameters
from fres.kernel.access import require
from fres.kernel.errors import RuleViolation
from funds.models import Partner
from funds.sources.forms import KeyForm
from funds.sources.keys import DAYS, make_key, revoke_key
from funds.sources.permissions import is_partner, partners_of
from investors.requests import SignedInRequest


@require(is_partner, hidden=True)
@never_cache
@require_http_methods(["GET", "POST"])
@reauthentication_required
def keys(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """The keys of one partner; POST makes one, whose secret is shown once, or revokes one."""
    one = get_object_or_404(partners_of(request.user), uuid=uuid)
    form, refusal, secret = KeyForm(), None, ""
    if request.method == "POST":
        act = request.POST.get("act", "")
        try:
            if act == "make":
                form = KeyForm(request.POST)
                if form.is_valid():
                    _key, secret = make_key(partner=one, by=request.user, at=clock.now(), **form.cleaned_data)
                    form = KeyForm()
            elif act == "revoke":
                key = get_object_or_404(one.keys, uuid=request.POST.get("key"))
                revoke_key(key=key, by=request.user, at=clock.now())
                messages.success(request, _("La clé est révoquée : plus aucun appel ne passe avec elle."))
                return redirect("sources:keys", uuid=uuid)
            else:
                raise Http404
        except RuleViolation as found:
            refusal = found
    return _show(request, one, form, refusal, secret)


def _show(
    request: SignedInRequest, one: Partner, form: KeyForm, refusal: RuleViolation | None, secret: str
) -> HttpResponseBase:
    context = {
        "partner": one,
        "keys": one.keys.select_related("created_by", "revoked_by"),
        "form": form,
        "refusal": refusal,
        "secret": secret,
        "days": parameters.value_at(DAYS, clock.today()).whole,
        "now": clock.now(),
    }
    return render(request, "sources/keys.html", context, status=422 if refusal or form.errors else 200)
