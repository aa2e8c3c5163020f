"""What stands in the address of each URL of campaigns, for the access table."""

from funds.models import OfferFile, Tranche
from tests.access_objects import Visit, visit
from tests.funds.campaigns.scenes import a_drafted_offer, an_offer_with_sheet
from tests.funds.factories import NOW, CommitmentFactory, FundFactory, OfferFactory, euros
from tests.projects.factories import MembershipFactory


@visit("campaigns:sheet")
@visit("campaigns:sheet_versions")
def _sheet() -> Visit:
    return Visit(kwargs={"slug": an_offer_with_sheet().slug})


@visit("campaigns:ask")
def _ask() -> Visit:
    return Visit(kwargs={"slug": OfferFactory(open=True).slug}, data={"text": "Quand ?"})


@visit("campaigns:intend")
def _intend() -> Visit:
    return Visit(kwargs={"slug": OfferFactory(open=True).slug}, data={"amount": "50"})


@visit("campaigns:card")
@visit("campaigns:image")
@visit("campaigns:desk_offer")
def _open_offer() -> Visit:
    return Visit(kwargs={"slug": OfferFactory(open=True).slug})


@visit("campaigns:prepare")
def _prepare() -> Visit:
    FundFactory()
    member = MembershipFactory()
    project = OfferFactory(project__organisation=member.organisation).project
    return Visit(kwargs={"uuid": project.uuid}, owner=member.user)


@visit("campaigns:file")
@visit("campaigns:terms")
@visit("campaigns:answers")
@visit("campaigns:team")
@visit("campaigns:plan")
@visit("campaigns:tranches")
@visit("campaigns:preview")
@visit("campaigns:questions")
def _own_file() -> Visit:
    offer = a_drafted_offer()
    return Visit(kwargs={"slug": offer.slug}, owner=offer.file.created_by)


@visit("campaigns:leave")
def _leave() -> Visit:
    commitment = CommitmentFactory()
    return Visit(kwargs={"uuid": commitment.uuid}, owner=commitment.by)


@visit("campaigns:desk_tranche")
@visit("campaigns:vote")
def _vote() -> Visit:
    commitment = CommitmentFactory(settled=True)
    offer = commitment.offer
    OfferFile.objects.create(offer=offer, created_by=commitment.by, created_at=NOW)
    tranche = Tranche.objects.create(offer=offer, rank=2, planned=euros(50), milestone="Pose", proof="Photo")
    return Visit(kwargs={"uuid": tranche.uuid}, owner=commitment.by)
