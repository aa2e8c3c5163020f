"""What is read around an offer: by anybody, by its holder, by the staff, by a lender who votes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from djmoney.money import Money

from fres.kernel import charts, clock
from fres.kernel.access import STAFF_ROLES
from fres.kernel.money import from_cents
from funds.campaigns.pictures import funding_picture
from funds.campaigns.tidying import cancelled_after, suspension_reason
from funds.campaigns.tranches import Count as VoteCount
from funds.campaigns.tranches import counts_of, voters_of
from funds.cofinancing.selectors import public_plan
from funds.fici.gathering import tranche_rules
from funds.models import (
    CampaignUpdate,
    Commitment,
    FiciVersion,
    Fund,
    FundingSource,
    Intention,
    Offer,
    Question,
    TeamMember,
    Tranche,
    TrancheVote,
)
from funds.servicing.selectors import organisations_of
from funds.states import LIVE, OfferState, TrancheState
from investors.models import Party, User
from investors.selectors import parties_acted_for
from projects.models import Project
from projects.states import ApplicationState


@dataclass(frozen=True)
class ToldSheet:
    """The information sheet in force: its version, and since when."""

    number: int
    published_at: datetime


@dataclass(frozen=True)
class ToldTranche:
    """A tranche as the public reads it; `count` once somebody could vote."""

    tranche: Tranche
    count: VoteCount | None


@dataclass(frozen=True)
class CampaignView:
    """What an offer's page shows besides its figures."""

    sheet: ToldSheet | None
    questions: tuple[Question, ...]
    unanswered: int
    updates: tuple[CampaignUpdate, ...]
    team: tuple[TeamMember, ...]
    plan: charts.Drawing | None
    tranches: tuple[ToldTranche, ...]
    tranche_rules: str
    is_announced: bool
    intentions: Money
    intentions_count: int
    my_intention: Intention | None
    insiders: int
    suspension: str
    cancelled_after: datetime | None


def campaign_of(offer: Offer, *, user: User | None) -> CampaignView:
    """Return what surrounds an offer for its page. Args: offer: of `with_campaign`, its `file` loaded."""
    file = getattr(offer, "file", None)
    questions = tuple(offer.questions.select_related("answered_by").order_by("answered_at", "-asked_at", "-pk"))
    shown = [one for one in questions if one.hidden_at is None]
    announced = file is not None and file.announced_at is not None and offer.state == OfferState.PREPARED
    told: dict[str, Any] = {"total": None, "count": 0}
    mine = None
    if announced:
        standing = Intention.objects.filter(offer=offer, withdrawn_at=None)
        told = standing.aggregate(total=Sum("amount"), count=Count("pk"))
        mine = standing.filter(user=user).first() if user is not None else None
    tranches = tuple(offer.tranches.select_related("evidence_document")) if file is not None else ()
    insiders = 0 if offer.is_gift else offer.insiders  # type: ignore[attr-defined]
    counts = counts_of(offer, [one for one in tranches if one.round])
    return CampaignView(
        sheet=_sheet(offer),
        questions=questions,
        unanswered=sum(one.answered_at is None for one in shown),
        updates=tuple(offer.updates.all()),
        team=tuple(offer.team.all()) if file is not None else (),
        plan=_plan(offer) if file is not None else None,
        tranches=tuple(ToldTranche(one, counts.get(one.pk)) for one in tranches),
        tranche_rules=tranche_rules(file) if tranches and file is not None else "",
        is_announced=announced,
        intentions=from_cents(int((told["total"] or 0) * 100)),
        intentions_count=told["count"],
        my_intention=mine,
        insiders=insiders,
        suspension=suspension_reason(offer),
        cancelled_after=cancelled_after(offer),
    )


def _sheet(offer: Any) -> ToldSheet | None:
    if offer.is_gift or offer.sheet_number is None:
        return None
    return ToldSheet(offer.sheet_number, offer.sheet_published_at)


def _plan(offer: Offer) -> charts.Drawing | None:
    lines = public_plan(offer.project, list(offer.funding.all()))
    return funding_picture(lines) if lines else None


def with_campaign(offers: QuerySet[Offer]) -> QuerySet[Offer]:
    """Add what the page of an offer says without asking again: `insiders`, `sheet_number`, `sheet_published_at`.

    Insiders: how many people bound to the platform are engaged, at everybody's terms: published (R8(2), E15).
    """
    engaged = Commitment.objects.filter(
        offer=OuterRef("pk"), state__in=LIVE, by__role_grants__role__in=STAFF_ROLES
    ).order_by()
    people = engaged.values("offer").annotate(people=Count("by", distinct=True)).values("people")
    sheets = FiciVersion.objects.filter(offer=OuterRef("pk")).order_by("-number")
    return offers.select_related("project__round_table").annotate(
        insiders=Coalesce(Subquery(people), 0),
        sheet_number=Subquery(sheets.values("number")[:1]),
        sheet_published_at=Subquery(sheets.values("published_at")[:1]),
    )


def offers_held_by(user: User) -> QuerySet[Offer]:
    """Return the offers of the organisations a person belongs to today, with their files."""
    return (
        Offer.objects.filter(project__organisation__in=organisations_of(user, clock.today()))
        .select_related("project__organisation__party", "fund", "file", "award")
        .order_by("-opens_at", "-pk")
    )


def projects_to_finance(user: User) -> QuerySet[Project]:
    """Return the projects of a person's organisations for which an offer may be prepared, as far as decisions go."""
    approved = (ApplicationState.APPROVED, ApplicationState.LABELLED)
    return (
        Project.objects.filter(organisation__in=organisations_of(user, clock.today()))
        .filter(Q(applications=None) | Q(applications__state__in=approved))
        .select_related("organisation")
        .distinct()
        .order_by("title")
    )


def fund_of_project(project: Project) -> Fund | None:
    """Return the fund whose call a project answered; the first one for a project without a call, None without funds."""
    funds = Fund.objects.select_related("operator")
    called = project.applications.exclude(call=None).order_by("-created_at", "-pk").values_list("call__fund_uuid")
    return funds.filter(uuid=called[:1]).first() or funds.order_by("pk").first()


def offers_at_desk(state: str = "") -> QuerySet[Offer]:
    """Return every offer as the staff lists them: what waits for a person first, then by last day."""
    offers = Offer.objects.select_related("project__organisation", "file").annotate(
        unanswered=Count("questions", filter=Q(questions__answered_at=None, questions__hidden_at=None))
    )
    if state == "SENT":
        offers = offers.filter(file__state="SENT")
    elif state:
        offers = offers.filter(state=state)
    return offers.order_by("-closes_at", "-pk")


def suspended_past_last_day(at: datetime) -> QuerySet[Offer]:
    """Return the suspended offers whose last commitment has passed: nobody decides them but a person."""
    return Offer.objects.filter(state=OfferState.SUSPENDED, closes_at__lt=at).select_related("project")


def parties_voting(tranche: Tranche, user: User) -> list[Party]:
    """Return the lenders, or delegates, for whom a person votes on a tranche."""
    voters = voters_of(tranche.offer)
    return [party for party in parties_acted_for(user, clock.today()).order_by("pk") if party.pk in voters]


def last_voices(tranche: Tranche, parties: list[Party]) -> dict[int, bool]:
    """Return the last voice of each of these parties in the present round."""
    votes = TrancheVote.objects.filter(tranche=tranche, round=tranche.round, party__in=parties).order_by("pk")
    return {vote.party_id: vote.is_for for vote in votes}


def evidenced_tranches(offer: Offer) -> list[Tranche]:
    """Return the tranches whose evidence the holder may publish now."""
    return list(offer.tranches.filter(state=TrancheState.WAITING).order_by("rank"))


def plan_total(offer: Offer) -> Money:
    """Return what the funding plan adds up to; a guarantee brings no money."""
    lines = offer.funding.exclude(kind=FundingSource.Kind.GUARANTEE)
    return from_cents(int((lines.aggregate(total=Sum("amount"))["total"] or 0) * 100))
