"""What stands in the addresses of sources that the access table tests."""

from datetime import date

from funds.models import Channel
from funds.sources.channels import record_lead
from funds.sources.uploading import receive_upload
from tests.access_objects import Visit, visit
from tests.funds.factories import FundFactory
from tests.funds.sources.scenes import NOW, PASSBOOK, a_member, a_partner, as_csv, as_file, places, sound
from tests.investors.factories import UserFactory


@visit("sources:source")
def _source() -> Visit:
    return Visit({"uuid": Channel.objects.get(partner=a_partner()).uuid})


@visit("sources:partner")
@visit("sources:desk_partner")
@visit("sources:keys")
def _partner() -> Visit:
    partner = a_partner()
    return Visit({"uuid": partner.uuid}, owner=a_member(partner))


@visit("sources:upload")
@visit("sources:places")
@visit("sources:desk_upload")
@visit("partner_api:upload")
def _upload() -> Visit:
    partner = a_partner()
    file = as_file(as_csv(sound(partner)))
    upload, _new = receive_upload(partner=partner, file=file, by=UserFactory(), at=NOW)
    return Visit({"uuid": upload.uuid}, owner=a_member(partner))


@visit("sources:new_partner")
@visit("sources:new_lead")
def _fund() -> Visit:
    return Visit({"uuid": FundFactory().uuid})


@visit("sources:lead")
def _lead() -> Visit:
    places()
    lead = record_lead(
        fund=FundFactory(), instrument=PASSBOOK, operator_name="Caisse locale", territory_code="32",
        obstacle="Attend sa fédération", next_step="Rencontre", next_step_on=date(2026, 12, 1), owner=UserFactory(),
        at=NOW,
    )  # fmt: skip
    return Visit({"uuid": lead.uuid})
