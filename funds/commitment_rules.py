"""Whether a commitment may be made, and every reason why not (ruling B5): figures in, refusals out. Pure.

The figures are read under the locks of ruling B4 when they decide, without them when a page only announces.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.money import CURRENCY, format_cents, to_cents
from funds.limits import Limits, gate_of
from funds.models import Offer
from funds.states import OfferState
from investors.models import EntryAssessment, Party
from investors.protection.selectors import RETAIL

MAJORITY_YEARS = 18


class CommitmentRefused(RuleViolation):
    """A commitment cannot be made as asked. `refusals` holds every reason; the message is that of the first."""

    rule = "COMMITMENT"

    def __init__(self, message: object, *, next_step: object = "") -> None:
        super().__init__(message, next_step=next_step)
        self.refusals: tuple[CommitmentRefused, ...] = (self,)

    @classmethod
    def of(cls, refusals: "list[CommitmentRefused]") -> "CommitmentRefused":
        """Return the first refusal, which then names the others too."""
        refusals[0].refusals = tuple(refusals)
        return refusals[0]


class OfferNotOpen(CommitmentRefused):
    """E14: the offer is not open, not yet or no longer."""

    rule = "E14"


class OfferClosed(OfferNotOpen):
    """E14: the last moment to commit has passed, were it by a second."""


class LabelNotInForce(CommitmentRefused):
    """B24: the label that the offer stands on is not in force on the day, or its fund no longer accepts it."""

    rule = "B24"


class AmountNotWholeCents(CommitmentRefused):
    """A fraction of a cent cannot be paid."""

    rule = "AMOUNT"


class AmountNotPositive(CommitmentRefused):
    """Zero or less is no commitment."""

    rule = "AMOUNT"


class BelowTicket(CommitmentRefused):
    """E14: under the offer's smallest amount."""

    rule = "E14"


class AboveTicket(CommitmentRefused):
    """E14: above what one person may commit to the offer, earlier commitments included."""

    rule = "E14"


class OfferFull(CommitmentRefused):
    """E14: more than the room left. `room_cents` may still be taken; the rest goes to the waiting list."""

    rule = "E14"
    room_cents = 0


class GiftCapReached(CommitmentRefused):
    """E17: more gifts from one person to one project, over all its offers, than the fund allows (ruling B2)."""

    rule = "E17"


class OwnerCapReached(CommitmentRefused):
    """E10: the owner would raise more over twelve months than the law allows."""

    rule = "E10"


class SaverCeilingReached(CommitmentRefused):
    """The saver set themself a ceiling on what they lend over twelve months, all projects together."""

    rule = "CEILING"


class ProfileIncomplete(CommitmentRefused):
    """E02: a name, a birth, an address or a residence is missing (ruling B6)."""

    rule = "E02"


class IdentityUnverified(CommitmentRefused):
    """Above the fund's threshold, a gift waits for a verified identity (ruling B6)."""

    rule = "B6"


class MinorMayNotCommit(CommitmentRefused):
    """A minor commits through a guardian."""

    rule = "MINOR"


class MinorMayNotGive(CommitmentRefused):
    """What a minor owns is given away by nobody (Civil Code, art. 387-2, 1°, from memory; to confirm)."""

    rule = "MINOR"


class TextsChanged(CommitmentRefused):
    """E18: what the saver read is not what the offer says now."""

    rule = "E18"


class SheetNotOpened(CommitmentRefused):
    """E11: the version in force of the key information sheet was not opened by whoever commits."""

    rule = "E11"


class EntryTestMissing(CommitmentRefused):
    """E06: no entry questionnaire answered or refused within two years."""

    rule = "E06"


class WarningNotRead(CommitmentRefused):
    """E07: the questionnaire was failed or refused, and its warning was not acknowledged."""

    rule = "E07"


class SimulationMissing(CommitmentRefused):
    """E08: no simulation of loss within a year, sent or withheld."""

    rule = "E08"


class UnderstandingUnproven(CommitmentRefused):
    """E13: beyond the alert threshold, the law asks for proof of understanding: a questionnaire that was passed."""

    rule = "E13"


class OwnProject(CommitmentRefused):
    """E15: whoever owns a project or signs for it does not fund it here."""

    rule = "E15"


class OperatorMayNotInvest(CommitmentRefused):
    """E16: the operator takes no part in the offers it publishes (Regulation (EU) 2020/1503, art. 8(1))."""

    rule = "E16"


@dataclass(frozen=True)
class Standing:
    """What is already engaged, in cents, as far as one saver and one offer are concerned.

    reserved: in reflection, confirmed or processing; cleared: counted as cleared. proposed: held for people of the
    waiting list, the saver's own proposal left out. is_waited_for: others wait for room that may free.
    proposed_to_saver: what the list holds for this saver now, by their place `place_id`.
    mine: the saver's live commitments to the offer. gifts_to_project: theirs to all `GIFT` offers of the project.
    lent: theirs to `PROJECT` offers over twelve months. ceiling: their own limit, or None.
    owner_raised: the owner's `PROJECT` commitments over the legal period, this offer included.
    is_owner, is_signatory, is_operator: whether the saver owns the project, signs for its owner, or runs the platform.
    sheet_to_open: the number of the information sheet in force when this person has not opened it, else "" (E11).
    country: of tax residence, "" when none is declared. is_by_guardian: a guardian of the saver acts for them.
    has_label: whether the offer's label is in force and accepted by its fund that day.
    saver_class: `RETL`, `SOPH` or `PROF`, on the day. entry: the outcome of the last questionnaire, "" when none is in
    force; is_warned: whether its warning was read. has_simulation: one was made within a year; simulated: its result,
    None when it was withheld. Of loans only.
    """

    reserved: int = 0
    cleared: int = 0
    proposed: int = 0
    is_waited_for: bool = False
    place_id: int | None = None
    proposed_to_saver: int = 0
    mine: int = 0
    gifts_to_project: int = 0
    lent: int = 0
    ceiling: int | None = None
    owner_raised: int = 0
    is_signatory: bool = False
    is_operator: bool = False
    is_owner: bool = False
    sheet_to_open: str = ""
    country: str = ""
    is_by_guardian: bool = False
    has_label: bool = True
    saver_class: str = RETAIL
    entry: str = ""
    is_warned: bool = False
    has_simulation: bool = False
    simulated: int | None = None


def room_cents(offer: Offer, standing: Standing) -> int:
    """Return what this saver may still take, in cents: whoever waits comes before a newcomer (ruling B9).

    Whoever has a proposed place may take what is held for them, and more when nobody else waits.
    """
    room = max(0, to_cents(offer.maximum) - standing.reserved - standing.cleared - standing.proposed)
    return min(room, standing.proposed_to_saver) if standing.is_waited_for else room


def refusals_of(
    *,
    offer: Offer,
    saver: Party,
    amount: Money,
    standing: Standing,
    limits: Limits,
    at: datetime,
) -> list[CommitmentRefused]:
    """Return every reason to refuse a commitment, in the order a person should hear them; none when it may be made.

    Args: at: aware.
    """
    refusals = [
        *_of_offer(offer, at),
        *_of_label(standing),
        *_of_person(offer, saver, standing, at),
        *_of_protection(offer, standing),
    ]
    if str(amount.currency) != CURRENCY or amount.amount.scaleb(2) != amount.amount.scaleb(2).to_integral_value():
        return [
            *refusals,
            AmountNotWholeCents(
                _("%(amount)s n’est pas un nombre entier de centimes.") % {"amount": _plain(amount.amount)},
                next_step=_("Écrivez un montant avec deux décimales au plus, par exemple 50,25."),
            ),
        ]
    cents = to_cents(amount)
    if cents <= 0:
        return [
            *refusals,
            AmountNotPositive(
                _("Un engagement est d’un montant positif ; vous avez écrit %(amount)s.")
                % {"amount": format_cents(cents)},
                next_step=_("À partir de %(least)s pour cette offre.")
                % {"least": format_cents(to_cents(offer.ticket_minimum))},
            ),
        ]
    refusals += _of_ticket(offer, cents, standing)
    refusals += _of_room(offer, cents, standing)
    refusals += _of_caps(offer, saver, cents, standing, limits)
    refusals += _of_understanding(offer, cents, standing, limits)
    return refusals


def _of_offer(offer: Offer, at: datetime) -> list[CommitmentRefused]:
    if offer.state != OfferState.OPEN or at < offer.opens_at:
        return [
            OfferNotOpen(
                _("Cette offre ne prend pas d’engagement : son état est « %(state)s ».")
                % {"state": offer.get_state_display()},
                next_step=_("Les offres ouvertes sont sur la page « Projets »."),
            )
        ]
    if at > offer.closes_at:
        return [
            OfferClosed(
                _("Les engagements sont clos depuis le %(moment)s.") % {"moment": _moment(offer.closes_at)},
                next_step=_("La décision sur l’argent encaissé paraît sur la page de l’offre, au plus tard le %(day)s.")
                % {"day": offer.settles_on.strftime("%d/%m/%Y")},
            )
        ]
    return []


def _is_minor(saver: Party, on: date) -> bool:
    return saver.birth_date is not None and not is_adult(saver.birth_date, on)


def _of_label(standing: Standing) -> list[CommitmentRefused]:
    if standing.has_label:
        return []
    return [
        LabelNotInForce(
            _("Sans label en vigueur que le fonds accepte, cette offre ne prend plus d’engagement."),
            next_step=_("Choisissez un autre projet, ou revenez quand le label est rétabli."),
        )
    ]


def _of_person(offer: Offer, saver: Party, standing: Standing, at: datetime) -> list[CommitmentRefused]:
    found: list[CommitmentRefused] = []
    on = clock.local(at).date()
    if standing.sheet_to_open:
        found.append(
            SheetNotOpened(
                _("La loi veut que vous ouvriez la fiche d’informations clés avant de prêter ; c’est la n° %(number)s.")
                % {"number": standing.sheet_to_open},
                next_step=_("Ouvrez la fiche depuis la page de l’offre, puis revenez ici."),
            )
        )
    if standing.is_operator:
        found.append(
            OperatorMayNotInvest(
                _("L’opérateur de la plateforme n’investit jamais dans les offres qu’il publie."),
                next_step=_("Cette règle n’a pas d’exception (règlement (UE) 2020/1503, art. 8)."),
            )
        )
    if standing.is_owner or standing.is_signatory:
        found.append(
            OwnProject(
                _("Vous portez ce projet ou signez pour lui : vous ne pouvez pas le financer ici."),
                next_step=_("Un apport de votre part se fait directement, hors de la campagne."),
            )
        )
    if _lacks_profile(saver) or not standing.country:
        found.append(
            ProfileIncomplete(
                _("La loi demande votre nom, votre naissance, votre adresse et votre résidence fiscale."),
                next_step=_("Complétez votre profil (2 minutes), puis revenez ici."),
            )
        )
    elif _is_minor(saver, on) and standing.is_by_guardian and offer.is_gift:
        found.append(
            MinorMayNotGive(
                _("Ce que possède une personne de moins de 18 ans ne se donne pas, même par son représentant légal."),
                next_step=_("Donnez en votre propre nom, ou choisissez un prêt (Code civil, art. 387-2)."),
            )
        )
    elif _is_minor(saver, on) and not standing.is_by_guardian:
        found.append(
            MinorMayNotCommit(
                _("Une personne de moins de 18 ans s’engage par son représentant légal."),
                next_step=_("Votre représentant légal ouvre un compte et le demande à la gestion."),
            )
        )
    return found


def _of_protection(offer: Offer, standing: Standing) -> list[CommitmentRefused]:
    """E06 to E08: of loans, for whoever is not sophisticated. It keeps nobody out: each step may be refused."""
    if offer.is_gift or standing.saver_class != RETAIL:
        return []
    found: list[CommitmentRefused] = []
    if not standing.entry:
        found.append(
            EntryTestMissing(
                _("La loi veut un questionnaire d’entrée de moins de deux ans ; vous n’en avez pas."),
                next_step=_("Répondez-y (5 minutes), ou refusez d’y répondre, puis revenez ici."),
            )
        )
    elif standing.entry != EntryAssessment.Outcome.PASSED and not standing.is_warned:
        found.append(
            WarningNotRead(
                _("Votre questionnaire appelle un avertissement que vous n’avez pas encore lu."),
                next_step=_("Lisez-le et dites que vous l’avez compris : rien ne vous empêche ensuite de prêter."),
            )
        )
    if not standing.has_simulation:
        found.append(
            SimulationMissing(
                _("La loi veut une simulation de pertes de moins d’un an ; vous n’en avez pas."),
                next_step=_("Faites-la (5 minutes), ou dites que vous ne la transmettez pas, puis revenez ici."),
            )
        )
    return found


def _of_understanding(offer: Offer, cents: int, standing: Standing, limits: Limits) -> list[CommitmentRefused]:
    """E13: what this saver has in this very offer, with this commitment, beyond their threshold (never "at" it)."""
    if offer.is_gift or standing.saver_class != RETAIL or standing.entry in ("", EntryAssessment.Outcome.PASSED):
        return []
    gate = gate_of(limits, standing.simulated)
    if standing.mine + cents <= gate:
        return []
    left = max(0, int(gate) - standing.mine)
    return [
        UnderstandingUnproven(
            _("Avec %(total)s dans cette offre, vous dépassez votre seuil d’alerte, %(gate)s.")
            % {"total": format_cents(standing.mine + cents), "gate": format_cents(int(gate))},
            next_step=_("Au-delà, la loi veut un questionnaire réussi : reprenez-le, ou engagez %(left)s au plus.")
            % {"left": format_cents(left)},
        )
    ]


def _of_ticket(offer: Offer, cents: int, standing: Standing) -> list[CommitmentRefused]:
    least, most = to_cents(offer.ticket_minimum), to_cents(offer.ticket_maximum)
    if cents < least:
        return [
            BelowTicket(
                _("%(amount)s sont au-dessous de la mise minimale, %(least)s.")
                % {"amount": format_cents(cents), "least": format_cents(least)},
                next_step=_("Engagez %(least)s ou plus.") % {"least": format_cents(least)},
            )
        ]
    if standing.mine + cents > most:
        left = max(0, most - standing.mine)
        return [
            AboveTicket(
                _("Une personne engage au plus %(most)s ici ; avec %(mine)s déjà engagés, il reste %(left)s.")
                % {"most": format_cents(most), "mine": format_cents(standing.mine), "left": format_cents(left)},
                next_step=_("Engagez %(left)s ou moins.") % {"left": format_cents(left)}
                if left >= least
                else _("Choisissez un autre projet."),
            )
        ]
    return []


def _of_room(offer: Offer, cents: int, standing: Standing) -> list[CommitmentRefused]:
    room = room_cents(offer, standing)
    if cents <= room:
        return []
    refusal = OfferFull(
        _("%(amount)s dépassent de %(excess)s ce qui reste sur cette offre : %(room)s sur %(maximum)s.")
        % {
            "amount": format_cents(cents),
            "excess": format_cents(cents - room),
            "room": format_cents(room),
            "maximum": format_cents(to_cents(offer.maximum)),
        },
        next_step=_("Engagez %(room)s ou moins, ou mettez ce qui dépasse en liste d’attente.")
        % {"room": format_cents(room)}
        if room >= to_cents(offer.ticket_minimum)
        else _("Entrez en liste d’attente : les places libérées sont proposées dans l’ordre d’arrivée."),
    )
    refusal.room_cents = room
    return [refusal]


def _of_caps(offer: Offer, saver: Party, cents: int, standing: Standing, limits: Limits) -> list[CommitmentRefused]:
    found: list[CommitmentRefused] = []
    if offer.is_gift:
        cap = limits.gift_saver_project_cap_cents
        if cap is not None and standing.gifts_to_project + cents > cap:
            left = max(0, cap - standing.gifts_to_project)
            found.append(
                GiftCapReached(
                    _("Une personne donne au plus %(cap)s à un projet, toutes offres cumulées ; il reste %(left)s.")
                    % {"cap": format_cents(cap), "left": format_cents(left)},
                    next_step=_("Donnez %(left)s ou moins, ou choisissez un autre projet.")
                    % {"left": format_cents(left)},
                )
            )
        if cents > limits.identity_threshold_cents and saver.kyc_verified_at is None:
            found.append(
                IdentityUnverified(
                    _("Au-delà de %(threshold)s, un don demande une identité vérifiée.")
                    % {"threshold": format_cents(limits.identity_threshold_cents)},
                    next_step=_("Faites vérifier votre identité depuis votre profil, puis revenez ici."),
                )
            )
        return found
    if standing.ceiling is not None and standing.lent + cents > standing.ceiling:
        found.append(
            SaverCeilingReached(
                _("Votre plafond personnel est de %(ceiling)s sur douze mois ; vous y avez déjà prêté %(lent)s.")
                % {"ceiling": format_cents(standing.ceiling), "lent": format_cents(standing.lent)},
                next_step=_("Prêtez %(left)s ou moins, ou changez votre plafond : la hausse agit le lendemain.")
                % {"left": format_cents(max(0, standing.ceiling - standing.lent))},
            )
        )
    raised = standing.owner_raised + to_cents(offer.raised_elsewhere) + cents
    if raised > limits.owner_cap_cents:
        found.append(
            OwnerCapReached(
                _("Ce porteur ne peut lever plus de %(cap)s en douze mois ; il en est à %(raised)s.")
                % {"cap": format_cents(limits.owner_cap_cents), "raised": format_cents(raised - cents)},
                next_step=_("Choisissez un autre projet."),
            )
        )
    return found


def is_adult(birth_date: date, on: date) -> bool:
    """Return whether a person is eighteen on a day; one born on 29 February is so on 1 March of a common year."""
    return (on.year - birth_date.year) - ((on.month, on.day) < (birth_date.month, birth_date.day)) >= MAJORITY_YEARS


def _lacks_profile(saver: Party) -> bool:
    is_born = bool(saver.birth_date and saver.birth_place and saver.birth_country)
    has_address = bool(saver.address_line and saver.city and saver.country)
    return not saver.name or not has_address or (saver.kind == Party.Kind.PERSON and not is_born)


def _moment(moment: datetime) -> str:
    return clock.local(moment).strftime("%d/%m/%Y à %H\u202fh\u202f%M")


def _plain(amount: Decimal) -> str:
    return f"{amount:f}".replace(".", ",") + "\u00a0€"
