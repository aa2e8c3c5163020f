"""Charters: a moral commitment, signed whole, questioned fairly; versions are published, never edited."""

from datetime import date, timedelta

import pytest

from projects.labels import charters
from projects.labels.charters import CharterNotSigned, ReplyAwaited
from projects.labels.loading import SHIPPED, load_labels
from projects.labels.signing import declare_and_sign
from projects.labels.versions import (
    CriterionDraft,
    VersionUnfit,
    check_in_force,
    compare_versions,
    publish_version,
)
from projects.models import CharterSignature, Criterion, Label
from projects.states import MisuseState, SignatureState
from tests.investors.factories import UserFactory
from tests.projects.factories import MembershipFactory
from tests.projects.labels.scenes import NOW, an_organisation, label_of, representative_of

pytestmark = pytest.mark.django_db


def signed(subject=None, **changes):
    subject = subject or an_organisation()
    charter = label_of("CCES@2015")
    values = {
        "label": charter,
        "subject": subject,
        "sector": "FOOD",
        "accepted": frozenset(charter.criteria.values_list("pk", flat=True)),
        "by": representative_of(subject),
        "at": NOW,
    }
    return declare_and_sign(**values | changes)


def test_a_charter_signed_whole_keeps_the_words_that_were_signed():
    signature = signed()
    assert signature.state == SignatureState.SIGNED
    assert "moralement" in signature.commitment
    assert "Alimentation" in signature.commitment


def test_a_denied_criterion_keeps_the_declaration_and_signs_nothing():
    charter = label_of("CCES@2015")
    accepted = frozenset(charter.criteria.exclude(identifier="CCES-A2").values_list("pk", flat=True))
    with pytest.raises(CharterNotSigned, match="CCES-A2"):
        signed(accepted=accepted)
    assert not CharterSignature.objects.exists()
    assert charter.assessments.get().outcome == "DENIED"


def test_only_the_legal_representative_signs_and_once():
    subject = an_organisation()
    with pytest.raises(CharterNotSigned):
        signed(subject, by=MembershipFactory(organisation=subject.organisation).user)
    signed(subject)
    with pytest.raises(CharterNotSigned):
        signed(subject)
    assert CharterSignature.objects.count() == 1


def test_nobody_is_removed_unheard():
    signature, by = signed(), UserFactory()
    questioned = charters.question_signature(signature=signature, by=by, at=NOW, reason="Prix cachés (A1)")
    with pytest.raises(ReplyAwaited):
        charters.remove_signature(signature=questioned, by=by, at=NOW + timedelta(days=29), reason="Prix cachés")
    late = NOW + timedelta(days=31)
    removed = charters.remove_signature(signature=questioned, by=by, at=late, reason="Prix cachés")
    assert (removed.state, removed.end_reason) == (SignatureState.REMOVED, "Prix cachés")


def test_a_reply_lets_the_decision_come_at_once_either_way():
    signature, by = signed(), UserFactory()
    questioned = charters.question_signature(signature=signature, by=by, at=NOW, reason="Prix cachés (A1)")
    with pytest.raises(CharterNotSigned):
        charters.reply_to_question(signature=questioned, by=by, at=NOW, reply="Ce n’est pas vrai.")
    replied = charters.reply_to_question(
        signature=questioned, by=signature.signed_by, at=NOW, reply="La décomposition est affichée."
    )
    kept = charters.maintain_signature(signature=replied, by=by, at=NOW, reason="Vu sur place")
    assert kept.state == SignatureState.SIGNED


def test_a_report_is_answered_in_public_or_dismissed():
    charter, by = label_of("CCES@2015"), UserFactory()
    report = charters.report_misuse(
        label=charter, about="Un magasin", seen_where="Vitrine", facts="Affiche sans signature", at=NOW
    )
    with pytest.raises(charters.AnswerMissing):
        charters.moderate_misuse(report=report, is_upheld=True, answer=" ", by=by, at=NOW)
    done = charters.moderate_misuse(report=report, is_upheld=True, answer="L’affiche est retirée.", by=by, at=NOW)
    assert done.state == MisuseState.UPHELD


# ---- Versions ----


def drafts_of(label):
    return [
        CriterionDraft(
            identifier=one.identifier, kind=one.kind, scale=one.scale, title=one.title, text_fr=one.text_fr,
            evidence=tuple(one.evidence), tests=tuple(one.tests),
        )
        for one in label.criteria.all()
    ]  # fmt: skip


def test_the_shipped_referentials_are_loaded_once():
    assert {f"{one.code}-{one.version}".lower() for one in Label.objects.all()} == {
        path.stem for path in SHIPPED.glob("*.json")
    }
    loaded = load_labels()
    assert (loaded.added, loaded.kept, loaded.differing) == (0, 18, ())


def test_a_new_version_ends_the_present_one_the_day_before_and_changes_none_of_its_criteria():
    base = label_of("GEIQ@2015")
    first = date(2027, 1, 1)
    label = publish_version(
        base=base, version="2027", criteria=drafts_of(base)[1:], valid_from=first, by=UserFactory(), at=NOW
    )
    base.refresh_from_db()
    assert (base.valid_to, base.criteria.count(), label.criteria.count()) == (date(2026, 12, 31), 14, 13)
    check_in_force(label, first)
    missing = [name for name, before, after in compare_versions(base, label) if after is None]
    assert missing == ["GEIQ-01"]


@pytest.mark.parametrize(
    "changes",
    [{"valid_from": date(2026, 11, 23)}, {"version": "2015"}, {"criteria": []}],
)
def test_a_version_of_today_of_a_used_name_or_without_mandatory_criteria_is_refused(changes):
    base = label_of("GEIQ@2015")
    values = {"version": "2027", "criteria": drafts_of(base), "valid_from": date(2027, 1, 1)}
    with pytest.raises(VersionUnfit):
        publish_version(base=base, by=UserFactory(), at=NOW, **values | changes)
    assert Criterion.objects.filter(label__code="GEIQ").count() == 14
