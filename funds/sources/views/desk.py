"""The register of sources on the staff's side: partners, what they signed, channels, leads, files."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fres.kernel import clock
from fres.kernel.access import reads_only, require
from fres.kernel.errors import RuleViolation
from funds.models import Channel, Fund, Partner, PartnerUpload
from funds.permissions import can_see_desk
from funds.sources.channels import close_channel, open_channel, record_lead
from funds.sources.forms import ChannelForm, EngagementForm, LeadForm, PartnerForm
from funds.sources.keys import revoke_key
from funds.sources.partners import (
    engagement_of,
    needs_engagement,
    record_engagement,
    register_partner,
    revoke_engagement,
    text_proposed,
)
from funds.sources.permissions import can_manage_sources
from funds.sources.totals import totals_of
from investors.requests import SignedInRequest

PER_PAGE = 50
_sees = require(can_see_desk, hidden=True)


@_sees
@require_safe
@reads_only
def desk(request: SignedInRequest) -> HttpResponse:
    """Every partner, the leads by date, and the totals of each fund."""
    today = clock.today()
    leads = Channel.objects.filter(stage=Channel.Stage.PROPOSED).select_related("owner").order_by("next_step_on", "pk")
    context = {
        "page": Paginator(Partner.objects.select_related("fund"), PER_PAGE).get_page(request.GET.get("page")),
        "leads": Paginator(leads, PER_PAGE).get_page(request.GET.get("leads")),
        "funds": [(fund, totals_of(fund, today)) for fund in Fund.objects.order_by("name")],
        "today": today,
        "may_manage": can_manage_sources(request.user),
    }
    return render(request, "sources/desk.html", context)


@_sees
@require_http_methods(["GET", "POST"])
def new_partner(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """Write a partner of a fund."""
    if not can_manage_sources(request.user):
        raise PermissionDenied
    fund = get_object_or_404(Fund, uuid=uuid)
    form, refusal = PartnerForm(request.POST or None), None
    if form.is_valid():
        try:
            one = register_partner(fund=fund, by=request.user, at=clock.now(), **form.cleaned_data)
        except RuleViolation as found:
            refusal = found
        else:
            return redirect("sources:desk_partner", uuid=one.uuid)
    return render(request, "sources/form.html", {"form": form, "refusal": refusal, "heading": _("Nouveau partenaire")})


@_sees
@require_http_methods(["GET", "POST"])
def new_lead(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """Write a lead of a fund: what stops it, the next step, who follows it."""
    if not can_manage_sources(request.user):
        raise PermissionDenied
    fund = get_object_or_404(Fund, uuid=uuid)
    return _lead(request, fund, None)


@_sees
@require_http_methods(["GET", "POST"])
def lead(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """Bring a lead up to date, or drop it."""
    if not can_manage_sources(request.user):
        raise PermissionDenied
    channel = get_object_or_404(Channel.objects.select_related("fund"), uuid=uuid, stage=Channel.Stage.PROPOSED)
    if request.method == "POST" and request.POST.get("act") == "drop":
        close_channel(channel=channel, at=clock.now())
        messages.success(request, _("La piste est abandonnée."))
        return redirect("sources:desk")
    return _lead(request, channel.fund, channel)


def _lead(request: SignedInRequest, fund: Fund, channel: Channel | None) -> HttpResponseBase:
    names = LeadForm.base_fields
    initial = {name: getattr(channel, name) for name in names} if channel else {}
    form, refusal = LeadForm(request.POST or None, initial=initial), None
    if form.is_valid():
        try:
            record_lead(
                fund=fund, owner=request.user, at=clock.now(), channel=channel,
                partner=channel.partner if channel else None, **form.cleaned_data,
            )  # fmt: skip
        except RuleViolation as found:
            refusal = found
        else:
            return redirect("sources:desk")
    context = {"form": form, "refusal": refusal, "heading": _("Piste"), "drops": channel is not None}
    return render(request, "sources/form.html", context)


@_sees
@require_http_methods(["GET", "POST"])
def desk_partner(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One partner; POST does one act of its register."""
    one = get_object_or_404(Partner.objects.select_related("fund"), uuid=uuid)
    if request.method != "POST":
        return _show(request, one)
    if not can_manage_sources(request.user):
        raise PermissionDenied
    return _act(request, one)


def _act(request: SignedInRequest, one: Partner) -> HttpResponseBase:
    act, by, at = request.POST.get("act", ""), request.user, clock.now()
    engagement, channel = EngagementForm(), ChannelForm()
    try:
        if act == "sign":
            engagement = EngagementForm(request.POST, request.FILES)
            if not engagement.is_valid():
                return _show(request, one, engagement=engagement)
            record_engagement(partner=one, by=by, at=at, **engagement.cleaned_data)
        elif act == "revoke":
            current = engagement_of(one)
            if current is None:
                raise Http404
            revoke_engagement(engagement=current, reason=request.POST.get("reason", ""), by=by, at=at)
        elif act == "open":
            channel = ChannelForm(request.POST)
            if not channel.is_valid():
                return _show(request, one, channel=channel)
            open_channel(partner=one, by=by, at=at, **channel.cleaned_data)
        elif act == "close":
            close_channel(channel=get_object_or_404(one.channels, uuid=request.POST.get("channel")), at=at)
        elif act == "revoke_key":
            revoke_key(key=get_object_or_404(one.keys, uuid=request.POST.get("key")), by=by, at=at)
        else:
            raise Http404
    except RuleViolation as refusal:
        return _show(request, one, refusal=refusal, engagement=engagement, channel=channel)
    messages.success(request, _("C’est enregistré."))
    return redirect("sources:desk_partner", uuid=one.uuid)


@reads_only
def _show(
    request: SignedInRequest,
    one: Partner,
    *,
    refusal: RuleViolation | None = None,
    engagement: EngagementForm | None = None,
    channel: ChannelForm | None = None,
) -> HttpResponseBase:
    context = {
        "partner": one,
        "refusal": refusal,
        "current": engagement_of(one),
        "past": one.engagements.exclude(revoked_on=None),
        "proposed": text_proposed(one, clock.today()),
        "needs_engagement": needs_engagement(one),
        "channels": one.channels.all(),
        "keys": one.keys.all(),
        "page": Paginator(one.uploads.select_related("by"), PER_PAGE).get_page(request.GET.get("page")),
        "engagement_form": engagement or EngagementForm(),
        "channel_form": channel or ChannelForm(initial={"territory_code": one.fund.region_code}),
        "may_manage": can_manage_sources(request.user),
    }
    return render(request, "sources/desk_partner.html", context)


@_sees
@require_safe
@reads_only
def desk_upload(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One file, its errors or its lines."""
    upload = get_object_or_404(PartnerUpload.objects.select_related("partner", "by"), uuid=uuid)
    page = Paginator(upload.lines.order_by("number"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "sources/desk_upload.html", {"upload": upload, "page": page})
