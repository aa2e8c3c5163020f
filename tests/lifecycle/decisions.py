"""The transitions of a file that the committee and the evaluator make; the others stand beside the applications."""

from collections.abc import Callable
from datetime import timedelta

from django.urls import reverse

from projects.applications import duties
from projects.labels.subjects import find_subject
from projects.models import Application
from projects.states import ApplicationState
from tests.investors.factories import RoleGrantFactory
from tests.lifecycle.walking import Walk, posting, somebody, waiting
from tests.projects.applications import scenes as files
from tests.projects.committee import scenes as committees
from tests.projects.factories import ApplicationFactory
from tests.projects.labels.scenes import LOCAL_ANSWERS, assess

AXIS = "axe du schéma"


def _decided(proposal: str, outcome: str, **data: str) -> Walk:
    """The secretary pronounces what was voted; a member may not; without an axis nothing is decided."""
    item = committees.a_ready_item()
    committees.a_vote(item, proposal, "yyyyyy")
    address = reverse("committee:item", args=[item.uuid])
    posted = {"act": "decide", "outcome": outcome, "motive": "Utile au quartier.", "axis": str(committees.axis().pk)}
    posted |= data
    member = committees.members(item.session)[3]
    RoleGrantFactory(user=member, role="committee")
    RoleGrantFactory(user=item.session.secretary, role="manager")
    return Walk(
        item.application,
        right=posting(address, item.session.secretary, **posted),
        wrong=posting(address, member, **posted),
        without=posting(address, item.session.secretary, **(posted | {"axis": ""})),
        names=AXIS,
    )


def _label() -> Walk:
    file = ApplicationFactory(state=ApplicationState.UNDER_REVIEW)
    subject = find_subject("project", file.project.uuid)
    assessment = assess("FRES-HDF@2024", subject, LOCAL_ANSWERS, application=file)
    address = reverse("labels:assessment", args=[assessment.uuid])
    grant = posting(address, somebody("evaluator"), act="grant")

    def before_it_is_approved() -> str:
        Application.objects.filter(pk=file.pk).update(state=ApplicationState.UNDER_REVIEW)
        refusal = grant()
        Application.objects.filter(pk=file.pk).update(state=ApplicationState.APPROVED)
        return refusal

    Application.objects.filter(pk=file.pk).update(state=ApplicationState.APPROVED)
    return Walk(
        file,
        grant,
        posting(address, somebody("auditor"), act="grant"),
        before_it_is_approved,
        "l’approbation du comité",
    )


def _abandon() -> Walk:
    application, _signer, person = files.a_file_in_review()
    asked = files.ask_one(application, by=person)
    last_day = files.AT + timedelta(days=(asked.due_on - files.AT.date()).days)
    address = reverse("applications:review_act", kwargs={"uuid": application.uuid, "act": "abandon"})
    made = Walk(application, posting(address, person), posting(address, person), posting(address, person), "rien")
    made.right = waiting(duties.abandon_unanswered, made.state, at=last_day + timedelta(days=1))
    made.without = waiting(duties.abandon_unanswered, made.state, at=last_day)
    return made


def _approval_lapses() -> Walk:
    made = _decided("approve", "approve")
    assert not made.right()
    manager = somebody("instructor")
    address = reverse("applications:review_act", kwargs={"uuid": made.subject.uuid, "act": "lapse"})
    year = files.AT + timedelta(days=366)
    made.wrong = posting(address, manager)
    made.right = waiting(duties.lapse_approvals, made.state, at=year)
    made.without, made.names = waiting(duties.lapse_approvals, made.state, at=year - timedelta(days=2)), "rien"
    return made


WALKS: dict[str, Callable[[], Walk]] = {
    "adjourn": lambda: _decided("adjourn", "adjourn"),
    "turn_down": lambda: _decided("refuse", "refuse", refusal_code="NOT_VIABLE", next_step="Le fonds voisin."),
    "approve": lambda: _decided("approve", "approve"),
    "label": _label,
    "abandon": _abandon,
    "approval_lapses": _approval_lapses,
}
