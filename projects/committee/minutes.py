"""Minutes: gathered from what was recorded, signed by chair and secretary as acts, then sealed for good (A11)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.documents import issue_document
from fres.kernel.states import advance
from investors.models import User
from projects.committee.errors import MinutesRefused
from projects.committee.minutes_content import SignatureLine, gather_minutes
from projects.committee.minutes_pdf import render_minutes
from projects.committee.states import SEAL_MINUTES, SessionState
from projects.models import Minutes, MinutesSignature, Session

KIND, SERIES = "committee_minutes", "PV"
Capacity = MinutesSignature.Capacity


def capacity_of(session: Session, user: User) -> str:
    """Return as what a person signs the minutes of a session, "" when they do not."""
    if session.chair.user_id == user.pk:
        return Capacity.CHAIR
    return Capacity.SECRETARY if session.secretary_id == user.pk else ""


@transaction.atomic
def sign_minutes(*, session: Session, content_sha256: str, by: User, at: datetime) -> MinutesSignature:
    """Write that the chair or the secretary signs the minutes as they read them.

    Args: content_sha256: of the content that was shown; another one means that it changed in between.
    Raises: MinutesRefused: neither chair nor secretary, the session is not over or its minutes are sealed, the content
        changed, or it is signed already.
    """
    session = _lock(session)
    capacity = capacity_of(session, by)
    if not capacity:
        raise MinutesRefused(_("La présidence et le secrétariat signent le procès-verbal."))
    if session.state != SessionState.ENDED:
        raise MinutesRefused(
            _("Le procès-verbal se signe entre la levée de la séance et son scellement."),
            next_step=_("Levez la séance ; un procès-verbal scellé ne change plus."),
        )
    content = gather_minutes(session)
    if content.sha256 != content_sha256:
        raise MinutesRefused(
            _("Le procès-verbal a changé depuis que vous l’avez lu."), next_step=_("Relisez-le, puis signez.")
        )
    if session.signatures.filter(capacity=capacity, content_sha256=content_sha256).exists():
        raise MinutesRefused(_("Vous avez déjà signé ce contenu."))
    return MinutesSignature.objects.create(
        session=session, capacity=capacity, content_sha256=content_sha256, by=by, at=at
    )


@transaction.atomic
def seal_minutes(*, session: Session, by: User, at: datetime) -> Minutes:
    """Issue the minutes as both signed them: number, bytes, hash; nothing changes afterwards.

    Raises: MinutesRefused: a signature is missing, or the content changed after one of them. TransitionRefused.
    """
    session = _lock(session)
    if not capacity_of(session, by):
        raise MinutesRefused(_("La présidence ou le secrétariat scelle le procès-verbal."))
    if Minutes.objects.filter(session=session).exists():
        raise MinutesRefused(_("Ce procès-verbal est déjà scellé."))
    content = gather_minutes(session)
    signatures = {one.capacity: one for one in signatures_in_force(session, content.sha256)}
    if set(signatures) != set(Capacity.values):
        raise MinutesRefused(
            _("Le procès-verbal se scelle signé par la présidence et par le secrétariat, tel qu’il est maintenant."),
            next_step=_("Faites signer la personne qui manque ; un texte changé se signe de nouveau."),
        )
    lines = tuple(
        SignatureLine(signatures[one].get_capacity_display(), str(signatures[one].by), signatures[one].at)
        for one in (Capacity.CHAIR, Capacity.SECRETARY)
    )
    document = issue_document(
        series=SERIES,
        year=clock.local(session.starts_at).year,
        kind=KIND,
        about=("session", session.uuid),
        owner_party=None,
        title=f"Procès-verbal du comité du {clock.local(session.starts_at):%d/%m/%Y}",
        at=at,
        render=lambda number: render_minutes(content, lines, number, at),
    )
    minutes = Minutes.objects.create(session=session, document=document, content_sha256=content.sha256, sealed_at=at)
    advance(session, SEAL_MINUTES, by=by, at=at)
    return minutes


def signatures_in_force(session: Session, content_sha256: str) -> list[MinutesSignature]:
    """Return the signatures of the content as it is now; those of an earlier one no longer count."""
    return list(session.signatures.filter(content_sha256=content_sha256).select_related("by").order_by("at"))


def _lock(session: Session) -> Session:
    return (
        Session.objects.select_for_update(of=("self",))
        .select_related("committee", "grid", "chair__user", "secretary")
        .get(pk=session.pk)
    )
