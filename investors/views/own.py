"""A person's own pages: profile, account number, data, consents, and the texts they agree to."""

from typing import cast

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only
from fres.kernel.errors import RuleViolation
from investors import consents, selectors
from investors.forms import IbanForm, ProfileForm
from investors.models import User
from investors.parties import declare_tax_residence, record_iban, save_profile


@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Who I am, where I live, where I am taxed. `?next=` brings back to the gift or loan that asked for it."""
    user = cast(User, request.user)
    party = selectors.party_of(user)
    residence = selectors.tax_residence_at(party, clock.today()) if party else None
    form = ProfileForm(request.POST or None, party=party, residence=residence)
    target = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = ""
    if request.method == "POST" and form.is_valid():
        at = clock.now()
        party = save_profile(user=user, identity=form.identity(), at=at)
        declare_tax_residence(
            party=party,
            country=form.cleaned_data["tax_country"],
            tax_identifier=form.cleaned_data["tax_identifier"],
            at=at,
        )
        messages.success(request, _("Votre profil est enregistré sous le numéro %(n)s.") % {"n": party.number})
        return redirect(target or reverse("investors:profile"))
    gaps = selectors.profile_gaps(party, clock.today())
    context = {"form": form, "party": party, "gaps": gaps, "target": target}
    return render(request, "investors/profile.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@reauthentication_required
def iban(request: HttpRequest) -> HttpResponse:
    """The account that receives what is due to me: asks for the password again first."""
    party = selectors.party_of(cast(User, request.user))
    if party is None:
        messages.info(request, _("Complétez d’abord votre profil : un compte s’enregistre à votre nom."))
        return redirect(f"{reverse('investors:profile')}?next={reverse('investors:iban')}")
    form = IbanForm(request.POST or None, initial={"holder": party.iban_holder or party.name})
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            record_iban(party=party, iban=form.cleaned_data["iban"], holder=form.cleaned_data["holder"])
        except RuleViolation as violation:
            refusal = violation
        else:
            messages.success(request, _("Votre compte est enregistré. Nous le vérifions avant le premier virement."))
            return redirect("investors:profile")
    context = {"form": form, "party": party, "refusal": refusal}
    return render(request, "investors/iban.html", context, status=422 if form.errors or refusal else 200)


@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """What I agreed to, where I am signed in, and the way to a copy of everything."""
    user = cast(User, request.user)
    given = [
        {"consent": consent, "text": consents.TEXTS.get(consent.text_key)} for consent in selectors.consents_of(user)
    ]
    sessions = UserSession.objects.purge_and_list(user)
    return render(request, "investors/data.html", {"consents": given, "sessions": sessions})


@require_GET
@reads_only
def data_copy(request: HttpRequest) -> HttpResponse:
    """A copy of what is held about me, to read or to carry elsewhere (GDPR, art. 15 and 20)."""
    copy = selectors.gather_own_data(cast(User, request.user)) | {"made_at": clock.now()}
    response = JsonResponse(copy, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = 'attachment; filename="fres-mes-donnees.json"'
    response["Cache-Control"] = "no-store"
    return response


@open_to_all
@require_GET
@reads_only
def text(request: HttpRequest, key: str) -> HttpResponse:
    """A text that people agree to, in the version in force."""
    if key not in consents.TEXTS:
        raise Http404
    return render(request, consents.TEXTS[key].template, {"text": consents.TEXTS[key]})
