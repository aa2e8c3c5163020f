"""What the night finds by itself: reports asked and missing, labels lost, drift of registers, exits."""

from datetime import date, timedelta

import pytest

from funds.models import Concern
from funds.monitoring import watching
from funds.states import FinancingState
from projects.models import RegisterDrift, RegisterEntry, RegisterSnapshot, Report
from projects.monitoring.drift import SnapshotBroken, compare_snapshot
from projects.states import AwardState
from tests.funds.factories import NOW, OfferFactory
from tests.projects.factories import AwardFactory, ProjectFactory
from tests.projects.monitoring import scenes

pytestmark = pytest.mark.django_db
NIGHT = timedelta(days=1)


@pytest.fixture
def offer():
    return OfferFactory(succeeded=True, financing_state=FinancingState.MONITORED)


def entry(offer, **fields):
    siren = offer.project.organisation.party.siren
    values = {
        "name": "Soleil du Bassin", "siret": f"{siren}00012", "directors": "MARTIN Anne, présidente",
        "address": "1 place de la Mairie", "source": "registre.csv", "as_of": date(2026, 11, 1),
    }  # fmt: skip
    RegisterEntry.objects.update_or_create(siren=siren, defaults=values | fields)


def kinds(offer):
    offer.refresh_from_db()
    return sorted(offer.concerns.filter(closed_at=None).values_list("kind", flat=True))


def test_a_report_missing_for_sixty_days_raises_an_alert_and_its_sending_lifts_it(offer):
    report, signer = scenes.an_asked_report(project=offer.project)
    due = NOW + (report.due_on - NOW.date())
    assert watching.watch_reports(at=due + 59 * NIGHT) == (0, 0)
    assert watching.watch_reports(at=due + 60 * NIGHT) == (1, 0)
    assert watching.watch_reports(at=due + 61 * NIGHT) == (0, 0)
    assert (kinds(offer), offer.financing_state) == (["MISSING_REPORT"], FinancingState.ALERT)
    scenes.write(report, by=signer)
    scenes.submit_report(report=report, by=signer, at=NOW)
    assert watching.watch_reports(at=due + 62 * NIGHT) == (0, 1)
    assert (kinds(offer), offer.financing_state) == ([], FinancingState.MONITORED)


def test_a_lost_label_and_negative_equity_are_reasons(offer):
    offer.award = AwardFactory(project=offer.project, state=AwardState.WITHDRAWN)
    offer.save()
    assert watching.watch_labels(at=NOW) == (1, 0)
    report, _signer = scenes.a_sent_report(project=offer.project)
    Report.objects.filter(pk=report.pk).update(equity_cents=-1)
    assert watching.watch_equity(at=NOW) == (1, 0)
    assert kinds(offer) == ["LABEL_LOST", "NEGATIVE_EQUITY"]


def test_a_change_of_director_or_a_notice_after_the_decision_is_told_before_and_after(offer):
    watching.watch_registers(at=NOW)
    assert not RegisterSnapshot.objects.exists()  # no register was imported: tried again the next night
    entry(offer)
    watching.watch_registers(at=NOW)
    assert RegisterSnapshot.objects.get().content["directors"] == "MARTIN Anne, présidente"
    assert watching.watch_registers(at=NOW + NIGHT) == 0
    entry(
        offer, directors="DURAND Paul, président", insolvency="Redressement, 2 novembre 2026", address="",
        as_of=date(2026, 11, 22),
    )  # fmt: skip
    assert watching.watch_registers(at=NOW + 2 * NIGHT) == 1
    assert watching.watch_registers(at=NOW + 3 * NIGHT) == 0
    detail = Concern.objects.get(offer=offer, kind="DRIFT").detail
    assert "MARTIN Anne, présidente → DURAND Paul, président" in detail
    assert "Redressement" in detail and RegisterDrift.objects.count() == 2


def test_a_closed_organisation_is_a_drift_and_an_older_file_is_not_compared(offer):
    entry(offer)
    watching.watch_registers(at=NOW)
    entry(offer, is_active=False, as_of=date(2026, 10, 1))
    assert watching.watch_registers(at=NOW) == 0
    entry(offer, is_active=False, as_of=date(2026, 11, 20))
    assert watching.watch_registers(at=NOW) == 1


def test_a_snapshot_that_does_not_match_its_seal_compares_nothing():
    broken = RegisterSnapshot.objects.create(
        project=ProjectFactory(), taken_at=NOW, source="x", as_of=date(2026, 1, 1), content={"name": "A"}, sha256="0"
    )
    with pytest.raises(SnapshotBroken):
        compare_snapshot(snapshot=broken, at=NOW)


def test_a_financing_that_ends_closes_once_its_final_report_is_published(offer):
    offer.financing_state = FinancingState.EXITING
    offer.save()
    scenes.load_indicators()
    assert watching.finish_exits(at=NOW) == (1, 0)
    assert watching.finish_exits(at=NOW) == (0, 0)
    report = Report.objects.get(project=offer.project, kind="final")
    _report, signer = scenes.an_asked_report(project=offer.project, year=2024)
    scenes.write(report, by=signer)
    report = scenes.submit_report(report=report, by=signer, at=NOW)
    scenes.publish_report(report=report, by=scenes.an_officer(), at=NOW)
    assert watching.finish_exits(at=NOW) == (0, 1)
    offer.refresh_from_db()
    assert offer.financing_state == FinancingState.CLOSED
