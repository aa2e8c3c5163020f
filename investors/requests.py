"""What a view behind the sign-in wall receives: the middleware has let only people with an account through (D12)."""

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest

from fres.kernel import clock
from investors.models import Party
from investors.selectors import parties_acted_for, party_chosen_by, party_of

if TYPE_CHECKING:
    from investors.models import User

    class SignedInRequest(HttpRequest):
        """A request whose `user` is a person, never the anonymous visitor."""

        user: User  # type: ignore[assignment]
else:
    SignedInRequest = HttpRequest

__all__ = ["SignedInRequest", "chosen_party", "parties_to_choose"]


def chosen_party(request: SignedInRequest) -> Party | None:
    """Return for whom a page is: `pour` in the form or the address, the account's own person otherwise.

    Raises: Http404: the account acts for no such party.
    """
    wanted = request.POST.get("pour") or request.GET.get("pour") or ""
    own = party_of(request.user)
    if own is not None and wanted in ("", str(own.uuid)):
        return own
    try:
        return party_chosen_by(request.user, wanted, clock.today())
    except LookupError as unknown:
        raise Http404 from unknown


def parties_to_choose(request: SignedInRequest) -> list[Party]:
    """Return between whom the visitor may choose; none when there is no choice."""
    parties = list(parties_acted_for(request.user, clock.today()).order_by("number"))
    return parties if len(parties) > 1 else []
