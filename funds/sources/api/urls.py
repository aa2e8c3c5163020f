"""Addresses of the partners' API: open to whoever has a key, which each call checks."""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path

from funds.sources.api.endpoints import api
from funds.sources.views import public

app_name = "partner_api"


def _opened() -> Iterator[URLPattern]:
    """Yield the addresses of the API without its home, each open to calls that no session signs."""
    patterns, _app, _namespace = api.urls
    for one in patterns:
        if isinstance(one, URLPattern) and one.name != "api-root" and one.callback is not None:
            yield path(str(one.pattern), login_not_required(one.callback), name=one.name)


urlpatterns = [*_opened(), path("openapi.json", public.openapi, name="openapi-json")]
