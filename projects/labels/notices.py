"""What holders and staff are told of labels: one message a fact, written with the fact (ruling B26)."""

from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from fres.kernel.access import Role
from fres.kernel.messages import queue_message
from fres.kernel.templatetags.fres import date_long
from investors.models import RoleGrant, User
from projects.labels.subjects import find_subject, people_of
from projects.models import Award, CharterSignature, Label, MisuseReport


def tell_decision(*, award: Award, name: str, at: datetime) -> None:
    """Tell the members of the organisation what became of their label. `name`: a key of the headings below."""
    for reader in people_of(find_subject(award.subject_type, award.subject_uuid)):
        with override(reader.language):
            heading = _decision_headings()[name]
        key = f"award:{award.uuid}:{name}:{at.isoformat()}:{reader.pk}"
        _queue(reader, award, "decision", key=key, at=at, heading=heading)


def tell_end_coming(*, award: Award, days: int, at: datetime) -> int:
    """Tell holder and evaluators, once, that a label ends within so many days; return how many were written to."""
    readers = {one.pk: one for one in people_of(find_subject(award.subject_type, award.subject_uuid))}
    readers |= {one.pk: one for one in evaluators(at.date())}
    for reader in readers.values():
        _queue(
            reader, award, "end_coming", key=f"award:{award.uuid}:ends:{award.valid_to}:{days}:{reader.pk}", at=at,
            days=days,
        )  # fmt: skip
    return len(readers)


def tell_signature(*, signature: CharterSignature, name: str, at: datetime) -> None:
    """Tell a signatory what becomes of the signature."""
    for reader in people_of(find_subject(signature.subject_type, signature.subject_uuid)):
        with override(reader.language):
            values = {
                "heading": _signature_headings()[name],
                "subject": signature.subject_name,
                "charter": signature.label.name,
                "reason": signature.end_reason,
                "reply_before": date_long(signature.reply_before.date()) if signature.reply_before else "",
                "url": f"{settings.SITE_URL}{reverse('labels:mine')}",
            }
        queue_message(
            to=reader.email,
            template="labels/signature",
            context=values,
            key=f"signature:{signature.uuid}:{name}:{at.isoformat()}:{reader.pk}",
            about=("charter_signature", signature.uuid),
            at=at,
            language=reader.language,
        )


def evaluators(on: date) -> list[User]:
    """Return the people who evaluate labels on a day."""
    grants = RoleGrant.objects.current(on).filter(role=Role.EVALUATOR, user__is_active=True).select_related("user")
    return sorted({grant.user for grant in grants}, key=lambda user: user.pk)


def label_name(award: Award) -> str:
    """Return the name of the referential, or its code when it is not published here."""
    found = Label.objects.filter(code=award.label, version=award.label_version).values_list("name", flat=True).first()
    return found or str(award)


def _decision_headings() -> dict[str, str]:
    return {
        "granted": _("Le label est attribué"),
        "renewed": _("Le label est renouvelé"),
        "verified": _("Le statut est vérifié"),
        "refused": _("La demande est refusée"),
        "suspended": _("Le label est suspendu"),
        "reinstated": _("Le label est rétabli"),
        "withdrawn": _("Le label est retiré"),
        "lost": _("La perte du statut est constatée"),
        "expired": _("Le label a pris fin"),
    }


def _signature_headings() -> dict[str, str]:
    return {
        "questioned": _("Votre signature est mise en question"),
        "maintained": _("Votre signature est maintenue"),
        "removed": _("Votre signature est retirée de la liste"),
    }


def _queue(reader: User, award: Award, name: str, *, key: str, at: datetime, **context: object) -> None:
    with override(reader.language):
        values = {
            "subject": award.subject_name,
            "label": label_name(award),
            "reason": award.published_reason,
            "valid_to": date_long(award.valid_to) if award.valid_to else "",
            "url": f"{settings.SITE_URL}{reverse('labels:award', args=[award.uuid])}",
            **context,
        }
    queue_message(
        to=reader.email,
        template=f"labels/{name}",
        context=values,
        key=key,
        about=("award", award.uuid),
        at=at,
        language=reader.language,
    )


def tell_reporter(*, report: MisuseReport, at: datetime) -> None:
    """Answer whoever reported a misuse and left an address."""
    page = reverse("labels:referential", args=[report.label.code, report.label.version])
    queue_message(
        to=report.reporter_email,
        template="labels/misuse_answered",
        context={
            "about": report.about,
            "answer": report.answer,
            "url": f"{settings.SITE_URL}{page}",
        },
        key=f"misuse:{report.uuid}:{report.state}",
        about=("misuse_report", report.uuid),
        at=at,
    )
