"""The transitions of a label and of a claimed status, from the evaluators' page."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.urls import reverse

from funds.label_consequences import expire_ended_awards
from projects.labels import awarding
from projects.labels.duties import warn_of_ends
from projects.models import Award
from tests.lifecycle.walking import Walk, posting, somebody, waiting
from tests.projects.labels.answers import just_enough
from tests.projects.labels.scenes import LOCAL_ANSWERS, NOW, a_project, an_organisation, assess, grant, label_of
from tests.projects.labels.scenes import representative_of as signer_of

LAST_DAY = date(2027, 1, 22)
WHY = "Comptes non fournis"


def _on_page(award: Award, act: str, *, reason: str = WHY, missing: str = "", names: str = "") -> Walk:
    """The evaluator acts with a reason; the auditor may not; without a reason nothing is done."""
    address = reverse("fund_labels:award", args=[award.uuid])
    evaluator, auditor = somebody("evaluator"), somebody("auditor")
    return Walk(
        award,
        right=posting(address, evaluator, act=act, reason=reason),
        wrong=posting(address, auditor, act=act, reason=reason),
        without=posting(address, evaluator, act=act, reason=missing),
        names=names,
    )


def _suspended() -> Award:
    return awarding.suspend_award(award=grant(a_project()), by=somebody("evaluator"), at=NOW, reason=WHY)


def _ending() -> Award:
    award = grant(a_project())
    Award.objects.filter(pk=award.pk).update(valid_to=LAST_DAY)
    return award


def _to_renew() -> Award:
    award = _ending()
    warn_of_ends(NOW)
    award.refresh_from_db()
    return award


def _claimed() -> Award:
    subject = an_organisation()
    return awarding.claim_status(
        label=label_of("ESUS@2019"), subject=subject, proof="Arrêté du 3 mars 2026", valid_from=date(2026, 3, 3),
        valid_to=date(2031, 3, 2), by=signer_of(subject), at=NOW,
    )  # fmt: skip


def _esus_of(award: Award) -> object:
    from projects.labels.subjects import find_subject

    subject = find_subject(award.subject_type, award.subject_uuid)
    return assess("ESUS@2019", subject, just_enough("esus-2019", "STANDARD"), branch="STANDARD")


def _verified() -> Award:
    award = _claimed()
    return awarding.verify_status(award=award, assessment=_esus_of(award), by=somebody("evaluator"), at=NOW)


def _remind() -> Walk:
    made = _on_page(_ending(), "remind")
    first = datetime.combine(LAST_DAY, NOW.timetz()) - timedelta(days=90)
    made.right = waiting(warn_of_ends, made.state, at=first)
    made.without = waiting(warn_of_ends, made.state, at=first - timedelta(days=1))
    return made


def _expire() -> Walk:
    made = _on_page(_to_renew(), "expire")
    last = datetime.combine(LAST_DAY, NOW.timetz())
    made.right = waiting(expire_ended_awards, made.state, at=last + timedelta(days=1))
    made.without = waiting(expire_ended_awards, made.state, at=last)
    return made


def _renew() -> Walk:
    award = _to_renew()
    made = _on_page(award, "renew", names="valuation")
    post = made.right

    def after_a_fresh_assessment() -> str:
        from projects.labels.subjects import find_subject

        subject = find_subject(award.subject_type, award.subject_uuid)
        assess("FRES-HDF@2024", subject, LOCAL_ANSWERS, at=NOW + timedelta(minutes=1))
        return post()

    made.right = after_a_fresh_assessment
    return made


def _verify() -> Walk:
    award = _claimed()
    made = _on_page(award, "verify", names="valuation")
    post = made.right

    def after_an_assessment() -> str:
        _esus_of(award)
        return post()

    made.right = after_an_assessment
    return made


WALKS: dict[str, Callable[[], Walk]] = {
    "suspend": lambda: _on_page(grant(a_project()), "suspend", names="motif"),
    "reinstate": lambda: _on_page(_suspended(), "reinstate", names="motif"),
    "withdraw": lambda: _on_page(_suspended(), "withdraw", names="motif"),
    "expire": _expire,
    "remind": _remind,
    "renew": _renew,
    "verify": _verify,
    "refuse": lambda: _on_page(_claimed(), "refuse", names="motif"),
    "lose": lambda: _on_page(_verified(), "lose", names="motif"),
}
