"""An offer is prepared: its terms, its file, its team, plan and tranches; sent, reviewed, accepted, announced.

Every operation locks the file and refuses to change one that is with its reviewer. The public sees nothing before the
offer is announced or opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import CURRENCY, format_cents, to_cents
from fres.kernel.pdf.fonts import unprintable_characters
from fres.kernel.states import advance
from funds.campaigns.refusals import (
    AnswerUnfit,
    FileIncomplete,
    FileLocked,
    NotApproved,
    OfferFourEyes,
    TranchesDoNotAddUp,
)
from funds.campaigns.threshold import keep_threshold
from funds.fici.fields import BY_KEY, FIGURES, Kind, missing_answers
from funds.limits import limits_at
from funds.models import Fund, FundingSource, Offer, OfferFile, TeamMember, Tranche
from funds.offers import LabelMissing, settles_on_for
from funds.states import ACCEPT_FILE, RETURN_FILE, SEND_FILE, OfferFileState, OfferState
from investors.models import User
from projects.models import Application, Award, Project
from projects.states import IN_FORCE, ApplicationState

MOST_TRANCHES = 6
MOST_PEOPLE = 8
MOST_LINES = 12


@dataclass(frozen=True)
class Terms:
    """The terms of an offer as the holder proposes them; rates in basis points, money in euros, moments aware."""

    lane: str
    minimum: Money
    maximum: Money
    ticket_minimum: Money
    ticket_maximum: Money
    opens_at: datetime
    closes_at: datetime
    risks: str
    rate_bp: int = 0
    months: int = 0
    gives_receipt: bool = False
    raised_elsewhere: Money | None = None
    raised_elsewhere_declared_on: date | None = None


@dataclass(frozen=True)
class PersonLine:
    """One person of the team, as the holder presents them."""

    name: str
    role: str
    presentation: str = ""
    is_responsible: bool = False


@dataclass(frozen=True)
class FundingLine:
    """One line of the funding plan."""

    kind: str
    label: str
    amount: Money
    is_obtained: bool = False


@dataclass(frozen=True)
class TrancheLine:
    """One tranche: what is planned when the maximum is raised, the milestone it waits for, the proof it asks."""

    planned: Money
    milestone: str
    proof: str


def label_for(project: Project, *, fund: Fund, on: date) -> Award | None:
    """Return a label in force on a day, of the project or its organisation, that the fund accepts; None without one."""
    subjects = ((Award.Subject.PROJECT, project.uuid), (Award.Subject.ORGANISATION, project.organisation.uuid))
    for kind, uuid in subjects:
        held = Award.objects.filter(subject_type=kind, subject_uuid=uuid, state__in=IN_FORCE, valid_from__lte=on)
        for award in held.exclude(valid_to__lt=on).order_by("-valid_from", "-pk"):
            if f"{award.label}@{award.label_version}" in fund.accepted_labels:
                return award
    return None


@transaction.atomic
def prepare_offer(
    *, project: Project, fund: Fund, terms: Terms, by: User, at: datetime, application: Application | None = None
) -> Offer:
    """Start the offer of an approved and labelled project, with its file; nobody outside sees it yet.

    Args: application: the one it follows; by default the project's last. A project that holds its label from before
        applications were kept here has none. at: aware.
    Raises: NotApproved: its application is not approved. LabelMissing: no label in force that the fund accepts.
        AnswerUnfit: the terms contradict each other.
    """
    on = clock.local(at).date()
    application = application or project.applications.order_by("-created_at").first()
    approved = (ApplicationState.APPROVED, ApplicationState.LABELLED)
    if application is not None and (application.project_id != project.pk or application.state not in approved):
        raise NotApproved(
            _("Le dossier de ce projet n’est pas approuvé : son état est « %(state)s ».")
            % {"state": application.get_state_display()},
            next_step=_("L’offre se prépare après la décision du comité et le label."),
        )
    award = label_for(project, fund=fund, on=on)
    if award is None:
        raise LabelMissing(
            _("Le projet n’a pas de label en vigueur que le fonds accepte ; il accepte : %(accepted)s.")
            % {"accepted": ", ".join(fund.accepted_labels) or _("aucun")},
            next_step=_("Obtenez ou renouvelez le label, puis préparez l’offre."),
        )
    values = _checked(terms, fund, at)
    offer = Offer.objects.create(
        slug=_free_slug(project),
        fund=fund,
        project=project,
        award=award,
        books=fund.operator,
        paying_agent=fund.operator,
        lane=terms.lane,
        instrument=Offer.Instrument.DONATION if terms.lane == Offer.Lane.GIFT else Offer.Instrument.LOAN,
        created_by=by,
        **values,
    )
    OfferFile.objects.create(offer=offer, application=application, created_by=by, created_at=at)
    return offer


def terms_of(offer: Offer) -> Terms:
    """Return the terms of an offer, as they would be proposed again."""
    return Terms(
        lane=offer.lane,
        minimum=offer.minimum,
        maximum=offer.maximum,
        ticket_minimum=offer.ticket_minimum,
        ticket_maximum=offer.ticket_maximum,
        opens_at=offer.opens_at,
        closes_at=offer.closes_at,
        risks=offer.risks,
        rate_bp=offer.rate_bp,
        months=offer.months,
        gives_receipt=offer.gives_receipt,
        raised_elsewhere=offer.raised_elsewhere,
        raised_elsewhere_declared_on=offer.raised_elsewhere_declared_on,
    )


@transaction.atomic
def change_terms(*, offer: Offer, terms: Terms, by: User, at: datetime) -> Offer:
    """Change the terms of an offer that is still prepared. Raises: FileLocked, AnswerUnfit.

    The lane stays: it is chosen when the offer is prepared (design §2).
    """
    file = _lock_draft(offer)
    offer = Offer.objects.select_for_update(no_key=True).select_related("fund").get(pk=offer.pk)
    if offer.state != OfferState.PREPARED:
        raise FileLocked(
            _("L’offre est publiée : ses conditions engagent le porteur (règlement (UE) 2020/1503, art. 22)."),
            next_step=_("Ce qui doit changer se dit dans une nouvelle version de la fiche."),
        )
    if terms.lane != offer.lane:
        raise AnswerUnfit(_("La voie d’une offre ne change pas."), next_step=_("Préparez une autre offre."))
    for name, value in _checked(terms, offer.fund, at).items():
        setattr(offer, name, value)
    offer.save()
    if to_cents(offer.maximum) != sum(to_cents(one.planned) for one in offer.tranches.all()):
        offer.tranches.all().delete()  # they added up to another maximum: they are written again
    _touch(file, by)
    return offer


@transaction.atomic
def save_answers(*, offer: Offer, answers: Mapping[str, Any], by: User, at: datetime) -> OfferFile:
    """Keep the holder's answers; those not named stay as they are.

    Args: answers: by key of `funds.fici.fields`, and `figures`: a list of years, the last first.
    Raises: FileLocked. AnswerUnfit: too long, unprintable, not of its kind.
    """
    file = _lock_draft(offer)
    kept = dict(file.answers)
    for key, value in answers.items():
        kept[key] = _fit_figures(value) if key == "figures" else _fit(key, value)
    file.answers = kept
    file.save(update_fields=["answers"])
    return file


@transaction.atomic
def set_team(*, offer: Offer, people: Sequence[PersonLine], by: User, at: datetime) -> None:
    """Replace the team of an offer. Raises: FileLocked. AnswerUnfit: too many, or a sign that cannot be printed."""
    file = _lock_draft(offer)
    if len(people) > MOST_PEOPLE:
        raise AnswerUnfit(_("Une équipe montre %(most)s personnes au plus.") % {"most": MOST_PEOPLE})
    for person in people:
        _refuse_unprintable(f"{person.name} {person.role} {person.presentation}")
    offer.team.all().delete()
    TeamMember.objects.bulk_create(
        TeamMember(
            offer=offer, rank=rank, name=one.name, role=one.role, presentation=one.presentation,
            is_responsible=one.is_responsible,
        )
        for rank, one in enumerate(people, start=1)
    )  # fmt: skip
    _touch(file, by)


@transaction.atomic
def set_funding(*, offer: Offer, lines: Sequence[FundingLine], by: User, at: datetime) -> None:
    """Replace the other lines of the funding plan; the savers' line is always the offer's maximum.

    Raises: FileLocked. AnswerUnfit: too many lines, an amount that is not positive.
    """
    file = _lock_draft(offer)
    others = [line for line in lines if line.kind != FundingSource.Kind.SAVERS]
    if len(others) > MOST_LINES:
        raise AnswerUnfit(_("Un plan de financement a %(most)s lignes au plus.") % {"most": MOST_LINES})
    for line in others:
        if to_cents(line.amount) <= 0:
            raise AnswerUnfit(_("Une ligne du plan de financement est d’un montant positif."))
        _refuse_unprintable(line.label)
    offer.funding.all().delete()
    savers = FundingLine(FundingSource.Kind.SAVERS, "", offer.maximum)
    FundingSource.objects.bulk_create(
        FundingSource(
            offer=offer, rank=rank, kind=one.kind, label=one.label, amount=one.amount, is_obtained=one.is_obtained
        )
        for rank, one in enumerate((savers, *others), start=1)
    )
    _touch(file, by)


@transaction.atomic
def set_tranches(
    *,
    offer: Offer,
    lines: Sequence[TrancheLine],
    by: User,
    at: datetime,
    silence_rule: str = OfferFile.SilenceRule.ABSTAINS,
    delegates: int = 0,
) -> None:
    """Replace the tranches of an offer; none: all is paid at once.

    Args: delegates: how many lenders are drawn to vote for all, 0 for everybody.
    Raises: FileLocked. TranchesDoNotAddUp: they do not add up to the maximum, or there is only one.
    """
    file = _lock_draft(offer)
    total, maximum = sum(to_cents(line.planned) for line in lines), to_cents(offer.maximum)
    if lines and total != maximum:
        raise TranchesDoNotAddUp(
            _("Les tranches font %(total)s ; le maximum de l’offre est %(maximum)s.")
            % {"total": format_cents(total), "maximum": format_cents(maximum)},
            next_step=_("Il manque %(gap)s.") % {"gap": format_cents(maximum - total)}
            if total < maximum
            else _("Retirez %(gap)s.") % {"gap": format_cents(total - maximum)},
        )
    if len(lines) == 1 or len(lines) > MOST_TRANCHES or any(to_cents(line.planned) <= 0 for line in lines):
        raise TranchesDoNotAddUp(
            _("Un versement se fait en une fois, ou en deux à %(most)s tranches positives.") % {"most": MOST_TRANCHES},
            next_step=_("Ajoutez ou retirez des tranches."),
        )
    for line in lines:
        _refuse_unprintable(f"{line.milestone} {line.proof}")
    offer.tranches.all().delete()
    Tranche.objects.bulk_create(
        Tranche(offer=offer, rank=rank, planned=one.planned, milestone=one.milestone, proof=one.proof)
        for rank, one in enumerate(lines, start=1)
    )
    file.silence_rule, file.delegates = silence_rule, delegates
    file.save(update_fields=["silence_rule", "delegates"])


@transaction.atomic
def send_file(*, offer: Offer, by: User, at: datetime) -> OfferFile:
    """Send a complete file to the fund. Raises: FileIncomplete: `message` names what is missing. FileLocked."""
    file = _lock_draft(offer)
    missing = missing_in_file(Offer.objects.select_related("file").get(pk=offer.pk))  # as it is under the lock
    if missing:
        raise FileIncomplete(
            _("Le dossier n’est pas complet ; il manque : %(missing)s.") % {"missing": ", ".join(missing)},
            next_step=_("Complétez-le, puis transmettez-le."),
        )
    return advance(file, SEND_FILE, by=by, at=at, sent_by=by, sent_at=at)


@transaction.atomic
def return_file(*, offer: Offer, by: User, at: datetime, note: str) -> OfferFile:
    """Give the file back to its holder with a word; also one that was accepted, when something must change."""
    if not note.strip():
        raise FileIncomplete(_("Un dossier rendu dit pourquoi."), next_step=_("Écrivez-le en une phrase."))
    file = OfferFile.objects.select_for_update().get(offer=offer)
    return advance(file, RETURN_FILE, by=by, at=at, reason=note.strip(), review_note=note.strip())


@transaction.atomic
def accept_file(*, offer: Offer, by: User, at: datetime) -> OfferFile:
    """Accept a file that was sent; what its owner would have raised over twelve months is computed and kept (E10).

    Raises: OfferFourEyes: the reviewer wrote or sent it, or belongs to the organisation. OwnerCapExceeded.
    """
    file = OfferFile.objects.select_for_update().select_related("offer").get(offer=offer)
    refuse_author(offer, by)
    if not offer.is_gift:
        keep_threshold(offer=offer, by=by, at=at)
    return advance(file, ACCEPT_FILE, by=by, at=at, reviewed_by=by, reviewed_at=at)


@transaction.atomic
def announce_offer(*, offer: Offer, by: User, at: datetime) -> OfferFile:
    """Show a prepared offer to the public before it opens: intentions may be told (ruling B31).

    Raises: FileLocked: its file is not accepted, or the offer is no longer prepared.
    """
    file = OfferFile.objects.select_for_update().select_related("offer").get(offer=offer)
    if file.state != OfferFileState.ACCEPTED or file.offer.state != OfferState.PREPARED:
        raise FileLocked(
            _("Une offre s’annonce quand son dossier est relu et qu’elle n’est pas encore ouverte."),
            next_step=_("Acceptez le dossier d’abord."),
        )
    if file.announced_at is None:
        file.announced_at = at
        file.save(update_fields=["announced_at"])
    return file


def missing_in_file(offer: Offer) -> list[str]:
    """Return, in French, what a file lacks before it is sent; none when it is complete."""
    file = offer.file
    missing = [str(field.label) for field in missing_answers(file.answers, is_gift=offer.is_gift)]
    if not offer.team.exists():
        missing.append(_("l’équipe"))
    elif not offer.is_gift and not offer.team.filter(is_responsible=True).exists():
        missing.append(_("une personne responsable de la fiche, dans l’équipe"))
    if not offer.funding.exists():
        missing.append(_("le plan de financement"))
    if not offer.is_gift and offer.raised_elsewhere_declared_on is None:
        missing.append(_("la déclaration de ce qui a été levé ailleurs"))
    return missing


def refuse_author(offer: Offer, by: User) -> None:
    """Raise OfferFourEyes when a person wrote or sent the file of an offer, or belongs to its organisation."""
    file = getattr(offer, "file", None)
    if file is not None and by.pk in (file.created_by_id, file.sent_by_id):
        raise OfferFourEyes(
            _("Vous avez écrit ou transmis ce dossier : une autre personne le relit et l’ouvre."),
            next_step=_("Demandez à une personne de la gestion qui n’y a pas pris part."),
        )
    if offer.project.organisation.memberships.filter(user=by).exists():
        raise OfferFourEyes(
            _("Vous êtes, ou avez été, membre de l’organisation qui porte ce projet."),
            next_step=_("Demandez à une autre personne de la gestion."),
        )


def _lock_draft(offer: Offer) -> OfferFile:
    file = OfferFile.objects.select_for_update().get(offer=offer)
    if file.state != OfferFileState.DRAFT:
        raise FileLocked(
            _("Le dossier est « %(state)s » : il ne change plus.") % {"state": file.get_state_display()},
            next_step=_("Demandez à la gestion de vous le rendre, en disant ce qui doit changer."),
        )
    return file


def _touch(file: OfferFile, by: User) -> None:
    """A changed part of the file is a change of the file: its trail says who made it."""
    file.save(update_fields=["state"])


def _checked(terms: Terms, fund: Fund, at: datetime) -> dict[str, Any]:
    is_gift = terms.lane == Offer.Lane.GIFT
    least, most = to_cents(terms.minimum), to_cents(terms.maximum)
    low, high = to_cents(terms.ticket_minimum), to_cents(terms.ticket_maximum)
    if terms.lane not in Offer.Lane.values:
        raise AnswerUnfit(_("Choisissez un don ou un prêt."))
    if not 0 < least <= most:
        raise AnswerUnfit(
            _("Le minimum est positif et ne dépasse pas le maximum ; vous avez écrit %(least)s et %(most)s.")
            % {"least": format_cents(least), "most": format_cents(most)},
            next_step=_("Corrigez l’un des deux."),
        )
    if not 0 < low <= high or low > most:
        raise AnswerUnfit(
            _("La mise minimale est positive et ne dépasse ni la mise maximale ni le maximum de l’offre."),
            next_step=_("Corrigez les mises par personne."),
        )
    if not at < terms.closes_at or not terms.opens_at < terms.closes_at:
        raise AnswerUnfit(_("Une offre se ferme après son ouverture."), next_step=_("Corrigez le calendrier."))
    if is_gift != (terms.rate_bp == 0) or is_gift != (terms.months == 0):
        raise AnswerUnfit(
            _("Un don ne porte pas d’intérêt ; un prêt a un taux et une durée, sans reçu."),
            next_step=_("Corrigez le taux et la durée."),
        )
    _refuse_unprintable(terms.risks)
    limits = limits_at(clock.local(at).date(), fund_id=fund.pk)
    return {
        "minimum": terms.minimum,
        "maximum": terms.maximum,
        "ticket_minimum": terms.ticket_minimum,
        "ticket_maximum": terms.ticket_maximum,
        "opens_at": terms.opens_at,
        "closes_at": terms.closes_at,
        "settles_on": settles_on_for(terms.closes_at, limits=limits, is_gift=is_gift),
        "rate_bp": terms.rate_bp,
        "months": terms.months,
        "risks": terms.risks,
        "gives_receipt": terms.gives_receipt and is_gift,
        "raised_elsewhere": terms.raised_elsewhere or Money(0, CURRENCY),
        "raised_elsewhere_declared_on": terms.raised_elsewhere_declared_on,
    }


def _fit(key: str, value: Any) -> str:
    field = BY_KEY.get(key)
    if field is None:
        raise AnswerUnfit(_("« %(key)s » n’est pas une question du dossier.") % {"key": key})
    text = str(value or "" if value != 0 else 0).strip()
    if len(text) > field.limit:
        raise AnswerUnfit(
            _("« %(label)s » : %(length)s signes, la fiche en garde %(limit)s.")
            % {"label": field.label, "length": len(text), "limit": field.limit},
            next_step=_("Raccourcissez : la fiche tient en six pages."),
        )
    _refuse_unprintable(text)
    if text and field.kind is Kind.EUROS and not text.isdecimal():
        raise AnswerUnfit(_("« %(label)s » s’écrit en euros entiers.") % {"label": field.label})
    if text and field.kind is Kind.DATE:
        try:
            date.fromisoformat(text)
        except ValueError as mistake:
            raise AnswerUnfit(_("« %(label)s » est une date.") % {"label": field.label}) from mistake
    return text


def _fit_figures(years: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    kept = []
    for year in years:
        values: dict[str, Any] = {"year": str(year["year"])}
        for key, label in FIGURES:
            value = year.get(key)
            if value in (None, ""):
                continue
            try:
                values[key] = int(str(value))
            except ValueError as mistake:
                raise AnswerUnfit(_("« %(label)s » s’écrit en euros entiers.") % {"label": label}) from mistake
        kept.append(values)
    return kept


def _refuse_unprintable(text: str) -> None:
    signs = unprintable_characters(text.replace("\n", " ").replace("\r", " "))
    if signs:
        raise AnswerUnfit(
            _("Ces signes ne s’impriment pas dans la fiche : %(signs)s") % {"signs": signs},
            next_step=_("Remplacez-les par des mots."),
        )


def _free_slug(project: Project) -> str:
    stem = slugify(project.slug)[:70]
    taken = set(Offer.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(slug for rank in range(2, len(taken) + 3) if (slug := f"{stem}-{rank}") not in taken)
