"""What stands in the address and the body of each URL that the access table tests.

Each app registers its own: a function that makes the rows and returns a `Visit`. A URL without arguments needs none.

    @visit("funds:commitment")
    def _commitment() -> Visit:
        commitment = CommitmentFactory()
        return Visit(kwargs={"uuid": commitment.uuid}, owner=commitment.saver.user)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fres.kernel import clock
from fres.kernel.documents import issue_document
from fres.kernel.models import Message
from funds.models import WaitingPlace
from investors.models import User
from tests.funds.factories import CommitmentFactory, OfferFactory, PaymentFactory, euros
from tests.funds.servicing.factories import InstalmentFactory, PayoutOrderFactory
from tests.investors.factories import PartyFactory, RoleGrantFactory, UserFactory
from tests.projects.factories import OrganisationFactory


@dataclass(frozen=True)
class Visit:
    """Arguments of the address, what is posted, and the person the object belongs to, if any."""

    kwargs: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    owner: User | None = None


VISITS: dict[str, Callable[[], Visit]] = {}


def visit(name: str) -> Callable[[Callable[[], Visit]], Callable[[], Visit]]:
    """Register what a URL is asked with."""

    def register(make: Callable[[], Visit]) -> Callable[[], Visit]:
        VISITS[name] = make
        return make

    return register


@visit("kernel:parameter")
def _parameter() -> Visit:
    return Visit({"key": "vat.standard"})


@visit("set_language")
def _language() -> Visit:
    return Visit(data={"language": "fr"})


@visit("account_confirm_email")
def _confirm_email() -> Visit:
    return Visit(kwargs={"key": "unknown"})


@visit("account_reset_password_from_key")
def _reset_password() -> Visit:
    return Visit(kwargs={"uidb36": "1", "key": "unknown"})


@visit("mfa_remove_webauthn")
@visit("mfa_edit_webauthn")
def _security_key() -> Visit:
    return Visit(kwargs={"pk": 999_999})


@visit("investors:text")
def _text() -> Visit:
    return Visit(kwargs={"key": "terms"})


@visit("investors:party")
def _party() -> Visit:
    party = PartyFactory()
    return Visit(kwargs={"uuid": party.uuid}, owner=party.user)


@visit("investors:user")
def _user() -> Visit:
    return Visit(kwargs={"uuid": UserFactory().uuid})


@visit("investors:grant_role")
def _grant_role() -> Visit:
    return Visit(kwargs={"uuid": UserFactory().uuid}, data={"role": "treasurer", "scope_kind": ""})


@visit("investors:revoke_role")
def _revoke_role() -> Visit:
    return Visit(kwargs={"uuid": RoleGrantFactory(role="treasurer").uuid})


@visit("demonstration:message")
def _message() -> Visit:
    values = {"to": "a@exemple.invalid", "template": "account/email_confirm", "queued_at": clock.now()}
    return Visit(kwargs={"uuid": Message.objects.get_or_create(key="access", defaults=values)[0].uuid})


@visit("funds:offer")
@visit("funds:commit")
@visit("funds:sign")
def _open_offer() -> Visit:
    return Visit(kwargs={"slug": OfferFactory(open=True).slug})


@visit("funds:commitment")
@visit("funds:revoke")
@visit("funds:pay")
@visit("funds:refund")
def _commitment() -> Visit:
    commitment = CommitmentFactory()
    return Visit(kwargs={"uuid": commitment.uuid}, owner=commitment.by)


@visit("funds:leave_waiting_list")
def _waiting_place() -> Visit:
    saver = PartyFactory()
    place = WaitingPlace.objects.create(
        offer=OfferFactory(open=True), saver=saver, by=saver.user, amount=euros(100), rank=1, asked_at=clock.now()
    )
    return Visit(kwargs={"uuid": place.uuid}, owner=saver.user)


@visit("funds:payment")
@visit("funds:payment_return")
def _payment() -> Visit:
    payment = PaymentFactory()
    return Visit(kwargs={"uuid": payment.uuid}, owner=payment.commitment.by)


@visit("funds:pay_instalment")
def _instalment() -> Visit:
    return Visit(kwargs={"uuid": InstalmentFactory().uuid})


@visit("funds:payee_account")
def _organisation() -> Visit:
    return Visit(kwargs={"slug": OrganisationFactory().slug})


@visit("funds:payout")
def _payout() -> Visit:
    return Visit(kwargs={"uuid": PayoutOrderFactory().uuid})


@visit("reporting:document")
def _document() -> Visit:
    saver = PartyFactory()
    document = issue_document(
        series="ACCES", year=2026, kind="statement", about=("test", saver.uuid), owner_party=saver.uuid,
        title="Relevé annuel 2025", at=clock.now(), content=b"%PDF-1.4",
    )  # fmt: skip
    return Visit(kwargs={"uuid": document.uuid}, owner=saver.user)


@visit("reporting:verify_code")
def _check() -> Visit:
    return Visit(kwargs={"code": "0000-0000-0000", "number": "REL/2025/000001"})


# Each area registers its own when it is imported.
import tests.funds.campaigns.visits  # noqa: E402
import tests.funds.cofinancing.visits  # noqa: E402
import tests.funds.founding.visits  # noqa: E402
import tests.funds.monitoring.visits  # noqa: E402
import tests.funds.payments.visits  # noqa: E402
import tests.funds.pool.visits  # noqa: E402
import tests.funds.rounds.visits  # noqa: E402
import tests.funds.sources.visits  # noqa: E402
import tests.investors.protection.visits  # noqa: E402
import tests.projects.applications.visits  # noqa: E402
import tests.projects.committee.visits  # noqa: E402
import tests.projects.groupings.visits  # noqa: E402
import tests.projects.labels.visits  # noqa: E402
import tests.projects.monitoring.visits  # noqa: E402
import tests.projects.organisations.visits  # noqa: E402, F401
