"""Which organisation a page is about, for the person who asks: others do not exist for them (404)."""

from django.shortcuts import get_object_or_404

from fres.kernel import clock
from investors.requests import SignedInRequest
from projects.models import Organisation
from projects.organisations.selectors import organisations_of


def own_organisation(request: SignedInRequest, slug: str) -> Organisation:
    """Return one of the person's own organisations. Raises: Http404."""
    return get_object_or_404(organisations_of(request.user, clock.today()), slug=slug)
