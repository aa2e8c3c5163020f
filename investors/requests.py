"""What a view behind the sign-in wall receives: the middleware has let only people with an account through (D12)."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from investors.models import User

    class SignedInRequest(HttpRequest):
        """A request whose `user` is a person, never the anonymous visitor."""

        user: User  # type: ignore[assignment]
else:
    SignedInRequest = HttpRequest

__all__ = ["SignedInRequest"]
