"""What holders and staff are told about a file: one message a fact, each under a key of its own (ruling B26)."""

from collections.abc import Callable, Iterable
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from fres.kernel import clock
from fres.kernel.messages import queue_message
from fres.kernel.templatetags.fres import date_long
from investors.models import User
from projects.models import Appeal, Application, ApplicationMessage, QuestionRound, Refusal

# What a message says, written when its reader's language is set: heading, lines, the right and its date.
Words = Callable[[], tuple[str, list[str], str]]


def tell_submitted(*, application: Application, answer_by: date, at: datetime) -> None:
    """Tell the team that its file was received, and when it will know whether it is eligible."""

    def words() -> tuple[str, list[str], str]:
        return (
            _("dossier reçu, n° %(reference)s") % {"reference": application.reference},
            [_("L’accusé et la version figée du dossier sont sur sa page.")],
            _("Vous saurez s’il est recevable au plus tard le %(day)s.") % {"day": date_long(answer_by)},
        )

    _tell_team(application, f"application:{application.uuid}:submitted", words, at=at)


def tell_review_started(*, application: Application, answer_by: date, at: datetime) -> None:
    """Tell the team that its file is eligible, and until when it is instructed."""

    def words() -> tuple[str, list[str], str]:
        return (
            _("votre dossier est recevable"),
            [
                _(
                    "Une personne du fonds l’instruit maintenant. Elle peut vous poser des questions : le délai "
                    "s’arrête alors."
                )
            ],
            _("Il est transmis au comité au plus tard le %(day)s.") % {"day": date_long(answer_by)},
        )

    _tell_team(application, f"application:{application.uuid}:review:{at:%Y%m%d}", words, at=at)


def tell_questions(*, application: Application, asked: QuestionRound, count: int, at: datetime) -> None:
    """Tell the team that questions wait for it, and what happens without an answer."""

    def words() -> tuple[str, list[str], str]:
        return (
            _("des questions attendent votre réponse"),
            [
                _("Questions posées : %(count)d. Le délai d’instruction est arrêté jusqu’à votre réponse.")
                % {"count": count}
            ],
            _("Sans réponse le %(day)s, le dossier est classé abandonné.") % {"day": date_long(asked.due_on)},
        )

    _tell_team(application, f"application-questions:{asked.uuid}", words, at=at)


def tell_answered(*, application: Application, asked: QuestionRound, at: datetime) -> None:
    """Tell who asked that the holder answered."""

    def words() -> tuple[str, list[str], str]:
        return _("le porteur a répondu"), [_("Le délai d’instruction court de nouveau.")], ""

    _tell_staff(application, f"application-answers:{asked.uuid}", words, to=[asked.asked_by], at=at)


def tell_message(*, message: ApplicationMessage, at: datetime) -> None:
    """Tell the other side that a message was written in the file."""
    application = message.application

    def words() -> tuple[str, list[str], str]:
        return _("un nouveau message"), [message.text], ""

    key = f"application-message:{message.uuid}"
    if message.is_from_fund:
        _tell_team(application, key, words, at=at)
    else:
        _tell_staff(application, key, words, to=instructors_of(application), at=at)


def tell_refused(*, refusal: Refusal, at: datetime) -> None:
    """Tell the team why a file is refused, what it can do next, and until when it may appeal (§6)."""
    application = refusal.application

    def words() -> tuple[str, list[str], str]:
        lines = [
            _("Motif : %(reason)s.") % {"reason": refusal.get_code_display()},
            refusal.reason,
            _("Ce que vous pouvez faire : %(step)s") % {"step": refusal.next_step},
        ]
        right = ""
        if refusal.appeal_until:
            right = _("Vous pouvez faire un recours jusqu’au %(day)s, examiné par une autre personne.") % {
                "day": date_long(refusal.appeal_until)
            }
        return _("le fonds ne retient pas ce dossier"), lines, right

    _tell_team(application, f"application-refusal:{refusal.uuid}", words, at=at)


def tell_appeal_decided(*, appeal: Appeal, at: datetime) -> None:
    """Tell the team the motivated answer to its appeal."""
    application = appeal.refusal.application

    def words() -> tuple[str, list[str], str]:
        if appeal.outcome == Appeal.Outcome.ACCEPTED:
            return _("votre recours est accueilli"), [appeal.answer, _("Le dossier revient à l’instruction.")], ""
        return _("votre recours est rejeté"), [appeal.answer], ""

    _tell_team(application, f"application-appeal:{appeal.uuid}", words, at=at)


def tell_ended(*, application: Application, why: str, at: datetime) -> None:
    """Tell the team that its file ended by itself. `why`: "abandoned" or "lapsed"."""

    def words() -> tuple[str, list[str], str]:
        if why == "abandoned":
            return (
                _("dossier classé abandonné"),
                [
                    _(
                        "Les questions du fonds sont restées sans réponse. Rien n’est perdu : copiez ce dossier, il "
                        "repart rempli."
                    )
                ],
                "",
            )
        return (
            _("l’approbation du comité a expiré"),
            [_("Douze mois ont passé sans label. Copiez ce dossier pour le présenter de nouveau.")],
            "",
        )

    _tell_team(application, f"application:{application.uuid}:{why}", words, at=at)


def tell_not_sent(*, application: Application, saved_on: date, closes_on: date | None, at: datetime) -> None:
    """Tell the team that its draft is filled in and was not sent."""

    def words() -> tuple[str, list[str], str]:
        line = _("Toutes les réponses y sont depuis le %(day)s. Il reste à le relire, le signer et le déposer.")
        right = _("L’appel ferme le %(day)s.") % {"day": date_long(closes_on)} if closes_on else ""
        return _("dossier rempli, pas encore déposé"), [line % {"day": date_long(saved_on)}], right

    _tell_team(application, f"application:{application.uuid}:not-sent:{saved_on:%Y%m%d}", words, at=at)


def ask_signature(*, application: Application, by: User, at: datetime) -> int:
    """Ask the legal representatives to read and sign a draft; return how many were written to, once a day at most."""

    def words() -> tuple[str, list[str], str]:
        line = _("%(name)s vous demande de relire ce dossier, de le signer et de le déposer.") % {"name": by}
        return _("un dossier attend votre signature"), [line], ""

    day = clock.local(at).date()
    people = [one.user for one in team_of(application, day) if one.is_legal_representative]
    key = f"application:{application.uuid}:sign:{day:%Y%m%d}"
    _tell(application, key, words, to=people, page="applications:file", at=at)
    return len(people)


def team_of(application: Application, on: date) -> list:
    """Return the members of the organisation on a day, those who sign first."""
    members = application.organisation.memberships.filter(joined_on__lte=on).exclude(left_on__lte=on)
    return list(members.select_related("user").order_by("-is_legal_representative", "pk"))


def instructors_of(application: Application) -> list[User]:
    """Return who instructs a file now: one person, or nobody yet."""
    current = application.assignments.filter(ended_at=None).select_related("instructor")
    return [one.instructor for one in current]


def _tell_team(application: Application, key: str, words: Words, *, at: datetime) -> None:
    people = [one.user for one in team_of(application, clock.local(at).date())]
    _tell(application, key, words, to=people, page="applications:file", at=at)


def _tell_staff(application: Application, key: str, words: Words, *, to: Iterable[User], at: datetime) -> None:
    _tell(application, key, words, to=to, page="applications:review", at=at)


def _tell(application: Application, key: str, words: Words, *, to: Iterable[User], page: str, at: datetime) -> None:
    for user in to:
        with override(user.language):
            heading, lines, notice = words()
            button = _("Ouvrir le dossier")
        queue_message(
            to=user.email,
            template="applications/notice",
            context={
                "title": application.project.title,
                "heading": heading,
                "lines": lines,
                "notice": notice,
                "button": button,
                "url": f"{settings.SITE_URL}{reverse(page, args=[application.uuid])}",
            },
            key=f"{key}:{user.uuid}",
            at=at,
            about=("application", application.uuid),
            language=user.language,
        )
