"""Who may do what in a committee: seats, who runs a session, and the door of a file (declare before it opens)."""

from datetime import date

from django.utils.translation import gettext as _

from investors.models import User
from projects.committee.errors import CommitteeRefused, NotDeclared, NotSeated, Recused
from projects.committee.founding import seats_on
from projects.models import AgendaItem, ConflictDeclaration, Recusal, Seat, Session


def seat_of(session: Session, user: User, on: date) -> Seat | None:
    """Return the seat a person holds on the committee of a session, or None."""
    return seats_on(session.committee, on).filter(user=user).select_related("college").first()


def require_seat(session: Session, user: User, on: date) -> Seat:
    """Return the seat of a person. Raises: NotSeated."""
    seat = seat_of(session, user, on)
    if seat is None:
        raise NotSeated(
            _("Vous ne siégez pas à ce comité."), next_step=_("Le secrétariat dit qui siège, et depuis quand.")
        )
    return seat


def runs(session: Session, user: User) -> bool:
    """Whether a person chairs a session or keeps its minutes: they open it, put questions to the vote, end it."""
    return user.pk in (session.chair.user_id, session.secretary_id)


def require_runner(session: Session, user: User) -> None:
    """Refuse whoever neither chairs nor keeps the minutes. Raises: CommitteeRefused."""
    if not runs(session, user):
        raise CommitteeRefused(
            _("Seuls la présidence et le secrétariat conduisent la séance."),
            next_step=_("Demandez à l’une de ces deux personnes."),
        )


def last_declaration(item: AgendaItem, seat: Seat) -> ConflictDeclaration | None:
    """Return what a member last declared on an item, or None."""
    return ConflictDeclaration.objects.filter(item=item, seat=seat).order_by("-at", "-pk").first()


def require_open_file(item: AgendaItem, seat: Seat) -> ConflictDeclaration:
    """Let a member through to a file, declared and not recused; return the declaration that opened it.

    Raises: NotDeclared: nothing declared yet. Recused: withdrew.
    """
    if Recusal.objects.filter(item=item, seat=seat).exists():
        raise Recused(
            _("Vous vous êtes déporté·e de ce dossier : il vous est fermé."),
            next_step=_("Un déport est définitif pour ce dossier ; vous siégez pour les autres."),
        )
    declaration = last_declaration(item, seat)
    if declaration is None:
        raise NotDeclared(
            _("Le dossier s’ouvre après votre déclaration d’intérêts, pas avant."),
            next_step=_("Déclarez d’abord : aucun lien, un lien à décrire, ou un intérêt."),
        )
    return declaration
