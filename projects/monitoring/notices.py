"""What is told about a report: one message a fact, each under a key of its own (ruling B26)."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.messages import queue_message
from fres.kernel.models import Message
from fres.kernel.templatetags.fres import date_long
from investors.models import RoleGrant, User
from projects.models import Membership, Report

# Heading, lines, and the notice with its date, written in the reader's language.
Words = Callable[[], tuple[str, list[str], str]]


def tell_asked(*, report: Report, at: datetime) -> None:
    """Tell the team that its report is asked, and until when."""

    def words() -> tuple[str, list[str], str]:
        return (
            _("le rapport de %(year)d est à rendre") % {"year": report.year},
            [_("Il est déjà rempli de ce que le fonds sait : dites vos chiffres et vos preuves, puis signez.")],
            _("Il est attendu le %(day)s.") % {"day": date_long(report.due_on)},
        )

    _tell(report, "asked", words, to=_team(report, at), page="monitoring:report", at=at)


def tell_reminder(*, report: Report, at: datetime) -> int:
    """Remind the team of a late report, once; return how many were written to."""

    def words() -> tuple[str, list[str], str]:
        return (
            _("le rapport de %(year)d est en retard") % {"year": report.year},
            [_("Il était attendu le %(day)s. Vos épargnants attendent ces chiffres.") % {"day": _day(report)}],
            _("Sans rapport, le financement est mis en alerte."),
        )

    return _tell(report, "reminder", words, to=_team(report, at), page="monitoring:report", at=at)


def tell_submitted(*, report: Report, at: datetime) -> None:
    """Tell the monitoring officers that a report waits for their review."""

    def words() -> tuple[str, list[str], str]:
        return (
            _("un rapport est à relire"),
            [_("Rapport de %(year)d, signé et transmis.") % {"year": report.year}],
            "",
        )

    name = f"submitted:{at:%Y%m%d%H%M%S}"
    _tell(report, name, words, to=monitoring_officers(at), page="monitoring:review", at=at)


def tell_returned(*, report: Report, at: datetime) -> None:
    """Tell the team what to take up again."""

    def words() -> tuple[str, list[str], str]:
        return _("votre rapport est à reprendre"), [report.return_reason], ""

    _tell(report, f"returned:{at:%Y%m%d%H%M%S}", words, to=_team(report, at), page="monitoring:report", at=at)


def tell_published(*, report: Report, at: datetime) -> None:
    """Tell the team that its report is public."""

    def words() -> tuple[str, list[str], str]:
        return (
            _("votre rapport est publié"),
            [_("Le rapport de %(year)d se lit sur la page de votre projet.") % {"year": report.year}],
            "",
        )

    _tell(report, "published", words, to=_team(report, at), page="monitoring:public_report", at=at)


def monitoring_officers(at: datetime) -> list[User]:
    """Return the people charged with monitoring on a day."""
    grants = RoleGrant.objects.current(clock.local(at).date()).filter(role=Role.MONITORING, user__is_active=True)
    return sorted({grant.user for grant in grants.select_related("user")}, key=lambda user: user.pk)


def _team(report: Report, at: datetime) -> list[User]:
    on = clock.local(at).date()
    members = Membership.objects.filter(organisation=report.project.organisation_id, joined_on__lte=on)
    return [one.user for one in members.exclude(left_on__lte=on).select_related("user").order_by("pk")]


def _day(report: Report) -> str:
    return date_long(report.due_on)


def _tell(report: Report, name: str, words: Words, *, to: Iterable[User], page: str, at: datetime) -> int:
    told = 0
    for user in to:
        key = f"report:{report.uuid}:{name}:{user.uuid}"
        if Message.objects.filter(key=key).exists():
            continue
        with override(user.language):
            heading, lines, notice = words()
            button = _("Ouvrir le rapport")
        queue_message(
            to=user.email,
            template="applications/notice",
            context={
                "title": report.project.title,
                "heading": heading,
                "lines": lines,
                "notice": notice,
                "button": button,
                "url": f"{settings.SITE_URL}{reverse(page, args=[report.uuid])}",
            },
            key=key,
            at=at,
            about=("report", report.uuid),
            language=user.language,
        )
        told += 1
    return told
