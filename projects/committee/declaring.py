"""Declare one's interests before a file opens; withdraw from it for good; read and score it."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from investors.models import User
from projects.committee.access import require_open_file, require_seat
from projects.committee.errors import DeclarationRefused, Recused, ReviewRefused
from projects.committee.hints import hints_for
from projects.committee.states import SessionState
from projects.models import AgendaItem, Ballot, ConflictDeclaration, Recusal, Review, Score, Session, Vote

Kind = ConflictDeclaration.Kind
_DECLARES_IN = (SessionState.CONVENED, SessionState.OPEN)


@transaction.atomic
def declare_interest(*, item: AgendaItem, by: User, kind: str, reason: str = "", at: datetime) -> ConflictDeclaration:
    """Write what a member declares on a file; an interest withdraws them from it for good, in the public log.

    The matches shown to the person are kept beside what they said.
    Args: reason: public; needed for a link or an interest.
    Raises: NotSeated. DeclarationRefused: the session is not convened or is over, a reason is missing, they have voted.
        Recused: they withdrew before.
    """
    session = Session.objects.select_for_update(of=("self",)).select_related("committee").get(pk=item.session_id)
    on, reason = clock.local(at).date(), reason.strip()
    seat = require_seat(session, by, on)
    if session.state not in _DECLARES_IN:
        raise DeclarationRefused(
            _("On déclare ses intérêts entre la convocation et la levée de la séance."),
            next_step=_("Le secrétariat vous convoquera."),
        )
    if Recusal.objects.filter(item=item, seat=seat).exists():
        raise Recused(_("Vous vous êtes déjà déporté·e de ce dossier : c’est définitif."))
    if kind not in Kind.values or (kind != Kind.NONE and not reason):
        raise DeclarationRefused(
            _("Un lien ou un intérêt se décrit en une phrase, qui sera publique."),
            next_step=_("Écrivez sa nature : « je siège au conseil de cette association »."),
        )
    if Vote.objects.filter(ballot__item=item, seat=seat).exists():
        raise DeclarationRefused(
            _("Vous avez déjà voté sur ce dossier."),
            next_step=_("Dites-le à la présidence, qui le fera écrire au procès-verbal."),
        )
    declaration = ConflictDeclaration.objects.create(
        item=item,
        seat=seat,
        kind=kind,
        reason="" if kind == Kind.NONE else reason[:300],
        hints=[hint.code for hint in hints_for(by, item.application, on)],
        at=at,
    )
    if kind == Kind.CONFLICT:
        Recusal.objects.create(item=item, seat=seat, reason=reason[:300], at=at)
    return declaration


@transaction.atomic
def review_file(*, item: AgendaItem, by: User, scores: Mapping[str, int], comment: str = "", at: datetime) -> Review:
    """Write a member's scores on a file, whole; until the first ballot they may be written again.

    Args: scores: criterion code → whole number from 0 to the grid's highest.
    Raises: NotSeated, NotDeclared, Recused. ReviewRefused: a criterion is missing or outside the scale; a ballot began.
    """
    session = (
        Session.objects.select_for_update(of=("self",)).select_related("committee", "grid").get(pk=item.session_id)
    )
    seat = require_seat(session, by, clock.local(at).date())
    require_open_file(item, seat)
    if session.state not in _DECLARES_IN or Ballot.objects.filter(item=item).exists():
        raise ReviewRefused(_("Le vote a commencé sur ce dossier, ou la séance est levée : les notes sont arrêtées."))
    criteria = list(session.grid.criteria.all())
    highest = session.grid.scale_max
    for criterion in criteria:
        value = scores.get(criterion.code)
        if value is None or not 0 <= value <= highest:
            raise ReviewRefused(
                _("Le critère %(code)s se note de 0 à %(highest)s.") % {"code": criterion.code, "highest": highest},
                next_step=_("Notez chaque critère de la grille ; 0 veut dire totalement absent."),
            )
    review, _created = Review.objects.update_or_create(
        item=item, seat=seat, defaults={"comment": comment.strip(), "at": at}
    )
    for criterion in criteria:
        Score.objects.update_or_create(review=review, criterion=criterion, defaults={"value": scores[criterion.code]})
    return review
