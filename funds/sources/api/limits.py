"""How often a key may call, and how many wrong keys an address may try: counted by the minute in the shared cache."""

from datetime import datetime

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from fres.kernel import clock, parameters
from funds.models import PartnerKey

CALLS, FAILURES = "sources.api.calls_per_minute", "sources.api.failures_per_minute"
SECONDS = 60


def count_in_minute(what: str, at: datetime) -> int:
    """Add one to what is counted in this minute, and return how many it makes."""
    name = f"partner-api:{what}:{at:%Y%m%d%H%M}"
    if cache.add(name, 1, timeout=2 * SECONDS):
        return 1
    try:
        return int(cache.incr(name))
    except ValueError:  # the minute was thrown away between the two
        cache.set(name, 1, timeout=2 * SECONDS)
        return 1


class KeyThrottle(BaseThrottle):
    """At most so many calls a minute for each key."""

    def allow_request(self, request: HttpRequest) -> bool:
        key: PartnerKey = request.auth  # type: ignore[attr-defined]
        most = parameters.value_at(CALLS, clock.today()).whole
        return count_in_minute(f"key:{key.pk}", clock.now()) <= most

    def wait(self) -> float:
        return float(SECONDS - clock.now().second)


def is_guessing(request: HttpRequest) -> bool:
    """Count a wrong key, and say whether this address tried too many this minute."""
    address = get_adapter().get_client_ip(request)
    most = parameters.value_at(FAILURES, clock.today()).whole
    return count_in_minute(f"address:{address}", clock.now()) > most
