"""A commitment through the whole web path, beside an empty view with session and login (design §8).

Both are POSTs of the same signed-in savers through every middleware of the site, in turn, each saver once; medians are
compared. The empty view reads the session and the user, and answers. Ours checks every rule under three locks, writes
the commitment with what was shown, the legal message and its job, commits to disk and redirects.

Where the time goes (a loan, 15.4 ms beside 2.6, measured on 25 November 2026 on two cores): fifteen round trips to the
database, not two, which take 7.9 ms. What stands around the saver and the offer 2.7 (one query, planned anew each
time), the locks 0.8, the commitment 0.5, the message and its job 1.1, the commit 0.6, the rest reads who, what and the
dated limits. The other 7.5 ms are Python: middleware, forms, the ORM's rows. A gift: ten round trips, 8.5 ms of 17.8;
its offer is read whole (2.0). Prepared statements for the whole site were tried: 5.4 beside 6.1 for the loan, the
machine loaded, and a statement of several commands was refused; they were left out.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http.cookies import SimpleCookie
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from djmoney.money import Money

from benchmarks.rows import Row
from fres.kernel import clock
from fres.kernel.parameter_seeds import load_seeds
from fres.urls import urlpatterns as site_urls
from funds.models import Commitment, Fund, LegalEntity, Offer
from funds.texts import digest_of, texts_of
from investors.models import EntryAssessment, LossSimulation, Party, TaxResidence, User
from investors.parties import next_party_numbers
from projects.models import Award, Organisation, Project

SAVERS = 400
WARM_UP = 40
ALREADY = 300  # commitments the offer has before: its figures are summed over them
TARGET = 4.0


@require_POST
def empty(request: HttpRequest) -> HttpResponse:
    """What any page for a signed-in person costs: its session, its account, nothing else."""
    return HttpResponse(str(request.user.pk))


urlpatterns = [*site_urls, path("banc/vide/", empty, name="bench_empty")]


def run() -> Iterator[Row]:
    load_seeds(demonstration=True)
    with override_settings(ROOT_URLCONF="benchmarks.commitment", ALLOWED_HOSTS=["testserver"]):
        yield from rows()


def rows() -> Iterator[Row]:
    for kind, offer in (("loan", an_offer(gift=False)), ("gift", an_offer(gift=True))):
        ours, theirs = measure(offer)
        mine, other = statistics.median(ours), statistics.median(theirs)
        made = Commitment.objects.filter(offer=offer).count() - ALREADY
        if made != SAVERS:
            raise AssertionError(f"{made} commitments were written, {SAVERS} were asked for")
        yield Row(
            what=f"a {kind} committed through the web, after {ALREADY} others",
            ours=f"{mine * 1000:.2f} ms",
            yardstick=f"empty view {other * 1000:.2f} ms",
            ratio=mine / other,
            limit=TARGET,
            at_most=True,
        )


def measure(offer: Offer) -> tuple[list[float], list[float]]:
    """Return the seconds of each commitment and of each empty view, savers taken in turn."""
    client = Client()  # one for all: a client loads every middleware at its first request
    jars = [signed_in(saver) for saver in savers(SAVERS, prefix=offer.slug)]
    if offer.is_gift:
        address, fields = reverse("funds:commit", args=[offer.slug]), {"amount": "40"}
    else:
        address = reverse("funds:sign", args=[offer.slug])
        texts = digest_of(texts_of(offer))
        fields = {"amount": "40", "texts": texts, "risk_understood": "on", "amount_wanted": "on"}
    expected = 307 if offer.is_gift else 302  # a gift goes on to its payment
    ours, theirs = [], []
    for jar in jars:
        client.cookies = jar
        theirs.append(timed(lambda: client.post("/banc/vide/", fields), status=200))
        ours.append(timed(lambda: client.post(address, fields), status=expected))
    return ours[WARM_UP:], theirs[WARM_UP:]


def timed(act: Callable[[], Any], *, status: int) -> float:
    started = time.perf_counter()
    response = act()
    elapsed = time.perf_counter() - started
    if response.status_code != status:
        raise AssertionError(f"{response.status_code} instead of {status}")
    return elapsed


def signed_in(saver: Party) -> SimpleCookie:
    """Return the cookies of a saver who has just signed in."""
    client = Client()
    assert saver.user is not None
    client.force_login(saver.user)
    return client.cookies


def savers(count: int, *, prefix: str) -> list[Party]:
    """Return savers whose profile is complete."""
    now = clock.now()
    users = User.objects.bulk_create(
        User(email=f"{prefix}-{rank}@banc.invalid", display_name=f"Banc {rank}", password="!") for rank in range(count)
    )
    numbers = next_party_numbers(Party.Kind.PERSON, count)
    parties = Party.objects.bulk_create(
        Party(
            number=number, kind=Party.Kind.PERSON, user=user, family_name="Banc", given_names="Camille",
            birth_date=date(1980, 5, 17), birth_place="Lens", birth_country="FR", address_line="12 rue de la Gare",
            postal_code="62300", city="Lens", commune_code="62498", email=user.email, kyc_verified_at=now,
            screened_at=now,
        )
        for number, user in zip(numbers, users, strict=True)
    )  # fmt: skip
    TaxResidence.objects.bulk_create(
        TaxResidence(party=party, country="FR", valid_from=date(2020, 1, 1), declared_at=now) for party in parties
    )
    EntryAssessment.objects.bulk_create(
        EntryAssessment(
            party=party, by=party.user, version="2026-11", outcome="PASSED", score=10, out_of=10, taken_at=now,
            expires_on=date(2040, 1, 1),
        )
        for party in parties
    )  # fmt: skip
    LossSimulation.objects.bulk_create(
        LossSimulation(
            party=party, by=party.user, is_sent=False, tool_version="2026-11", made_at=now, expires_on=date(2040, 1, 1)
        )
        for party in parties
    )
    return parties


def an_offer(*, gift: bool) -> Offer:
    """Return an open offer that already has commitments, in reflection or cleared, from as many savers."""
    name = "don" if gift else "pret"
    now = clock.now()
    operator = an_entity(f"Opérateur {name}", "OPERATOR", "880000003" if gift else "880000011")
    carrier = an_entity(f"Fonds {name}", "FUND", "880000029" if gift else "880000037")
    owner = Party.objects.create(
        number=f"P88000{int(gift)}", kind=Party.Kind.LEGAL, legal_name=f"Coopérative {name}",
        siren="880000045" if gift else "880000052",
    )  # fmt: skip
    organisation = Organisation.objects.create(
        party=owner, slug=f"banc-{name}", name=f"Coopérative {name}", purpose="Banc", commune_code="62498"
    )
    project = Project.objects.create(
        slug=f"banc-{name}", organisation=organisation, title="Banc", summary="Banc", purpose="Banc", theme="energy",
        commune_code="62498",
    )  # fmt: skip
    award = Award.objects.create(
        subject_type="project", subject_uuid=project.uuid, label="FRES-HDF", label_version="2024",
        valid_from=date(2024, 1, 1),
    )  # fmt: skip
    fund = Fund.objects.create(
        entity=carrier, operator=operator, name=name, region_code="32", accepted_labels=["FRES-HDF@2024"]
    )
    offer = Offer.objects.create(
        slug=f"banc-{name}", fund=fund, project=project, award=award, books=operator, paying_agent=operator,
        lane="GIFT" if gift else "PROJECT", instrument="DONATION" if gift else "LOAN", rate_bp=0 if gift else 350,
        months=0 if gift else 24, state="OPEN", opened_at=now, minimum=euros(1_000), maximum=euros(1_000_000),
        ticket_minimum=euros(20), ticket_maximum=euros(5_000), opens_at=now - timedelta(days=2),
        closes_at=now + timedelta(days=60), settles_on=(now + timedelta(days=90)).date(), risks="Banc",
    )  # fmt: skip
    Commitment.objects.bulk_create(
        Commitment(
            offer=offer, saver=saver, by=saver.user, amount=euros(40), committed_at=now,
            state="CLEARED" if rank % 2 else "IN_REFLECTION", reflection_ends_at=now + timedelta(days=5),
            cleared_at=now if rank % 2 else None,
        )
        for rank, saver in enumerate(savers(ALREADY, prefix=f"deja-{name}"))
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return offer


def an_entity(name: str, role: str, siren: str) -> LegalEntity:
    party = Party.objects.create(number=f"P{siren[-6:]}", kind=Party.Kind.LEGAL, legal_name=name, siren=siren)
    return LegalEntity.objects.create(party=party, role=role, name=name, siren=siren)


def euros(amount: int) -> Money:
    return Money(amount, "EUR")
