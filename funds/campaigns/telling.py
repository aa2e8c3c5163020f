"""What is said under an offer: questions and answers, updates, intentions; what is hidden stays, with its reason."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock, parameters
from fres.kernel.money import CURRENCY, to_cents
from fres.kernel.states import TransitionRefused
from fres.kernel.working_days import working_days_after
from funds.campaigns import notices
from funds.campaigns.refusals import CampaignRefused, IntentionRefused
from funds.models import CampaignUpdate, Intention, Offer, Question
from funds.offers import suspend_offer
from funds.states import OfferState
from investors.models import User

UNANSWERED_KEY = "offer.unanswered_days"
MOST_WAITING_QUESTIONS = 3  # of one person under one offer
TALKING = (OfferState.PREPARED, OfferState.OPEN, OfferState.SUSPENDED)


@transaction.atomic
def ask_question(*, offer: Offer, text: str, by: User, at: datetime) -> Question:
    """Ask a question in public; its answer is due within the dated number of working days (ruling B31).

    Raises: CampaignRefused: nothing is asked, the offer is over, or this person already waits for several answers.
    """
    text = _said(text, 1_000, _("Une question se pose en quelques mots."))
    if offer.state not in TALKING:
        raise CampaignRefused(
            _("Cette offre est terminée : son porteur n’y répond plus."), next_step=_("Écrivez à l’organisation.")
        )
    if Question.objects.filter(offer=offer, asked_by=by, answered_at=None, hidden_at=None).count() >= (
        MOST_WAITING_QUESTIONS
    ):
        raise CampaignRefused(
            _("%(most)s de vos questions attendent déjà une réponse ici.") % {"most": MOST_WAITING_QUESTIONS},
            next_step=_("Attendez une réponse, ou complétez votre question ensuite."),
        )
    on = clock.local(at).date()
    due = working_days_after(on, parameters.value_at(UNANSWERED_KEY, on).whole)
    question = Question.objects.create(offer=offer, text=text, asked_by=by, asked_at=at, answer_before=due)
    notices.tell_asked(question=question, at=at)
    return question


@transaction.atomic
def answer_question(*, question: Question, text: str, by: User, at: datetime) -> Question:
    """Answer a question, for everybody; an answer may be completed, the trail keeps the former one.

    The offer stays suspended when it was: a person of the staff resumes it.
    """
    text = _said(text, 4_000, _("Une réponse dit quelque chose."))
    question = Question.objects.select_for_update().get(pk=question.pk)
    is_first = question.answered_at is None
    question.answer, question.answered_at, question.answered_by = text, at, by
    question.save(update_fields=["answer", "answered_at", "answered_by"])
    if is_first:
        notices.tell_answered(question=question, at=at)
    return question


@transaction.atomic
def publish_update(*, offer: Offer, title: str, body: str, by: User, at: datetime) -> CampaignUpdate:
    """Publish news of a project under its offer, at any time of its life."""
    title = _said(title, 120, _("Une nouvelle a un titre."))
    body = _said(body, 6_000, _("Une nouvelle dit quelque chose."))
    return CampaignUpdate.objects.create(offer=offer, title=title, body=body, published_by=by, published_at=at)


@transaction.atomic
def hide_question(*, question: Question, reason: str, by: User, at: datetime) -> Question:
    """Hide a question that breaks the rules of the site: it is no longer counted, its place says why."""
    question = Question.objects.select_for_update().get(pk=question.pk)
    question.hidden_at, question.hidden_by = at, by
    question.hidden_reason = _said(reason, 200, _("Masquer demande un motif."))
    question.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
    return question


@transaction.atomic
def hide_update(*, update: CampaignUpdate, reason: str, by: User, at: datetime) -> CampaignUpdate:
    """Hide an update that breaks the rules of the site; its place says why."""
    update = CampaignUpdate.objects.select_for_update().get(pk=update.pk)
    update.hidden_at, update.hidden_by = at, by
    update.hidden_reason = _said(reason, 200, _("Masquer demande un motif."))
    update.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
    return update


@transaction.atomic
def tell_intention(*, offer: Offer, amount: Money, by: User, at: datetime) -> Intention:
    """Say what one might engage before the opening: it binds nobody and reserves nothing (ruling B31).

    A second word replaces the first. Raises: IntentionRefused.
    """
    offer = Offer.objects.select_related("file").select_for_update(of=("self",), no_key=True).get(pk=offer.pk)
    _refuse_not_announced(offer)
    if str(amount.currency) != CURRENCY or amount.amount.scaleb(2) % 1 or to_cents(amount) <= 0:
        raise IntentionRefused(
            _("Une intention est une somme positive, en euros et centimes."), next_step=_("Écrivez par exemple 50.")
        )
    if amount > offer.maximum:
        raise IntentionRefused(_("L’offre ne cherche pas autant."), next_step=_("Dites une somme plus petite."))
    Intention.objects.filter(offer=offer, user=by, withdrawn_at=None).update(withdrawn_at=at)
    return Intention.objects.create(offer=offer, user=by, amount=amount, told_at=at)


@transaction.atomic
def withdraw_intention(*, offer: Offer, by: User, at: datetime) -> int:
    """Take back what one said; return how many words were taken back (0 or 1)."""
    return Intention.objects.filter(offer=offer, user=by, withdrawn_at=None).update(withdrawn_at=at)


def suspend_unanswered(*, at: datetime) -> int:
    """Suspend each open offer with a question unanswered after its last working day (B31); return how many."""
    today = clock.local(at).date()
    late = Question.objects.filter(
        answered_at=None, hidden_at=None, answer_before__lt=today, offer__state=OfferState.OPEN
    )
    done = 0
    for offer in Offer.objects.filter(pk__in=late.values("offer")).order_by("pk"):
        done += _suspend_for_silence(offer, at=at)
    return done


@transaction.atomic
def _suspend_for_silence(offer: Offer, *, at: datetime) -> bool:
    reason = _("Une question attend une réponse depuis plus de %(days)s jours ouvrés.") % {
        "days": parameters.value_at(UNANSWERED_KEY, clock.local(at).date()).whole
    }
    try:
        offer = suspend_offer(offer=offer, by=None, at=at, reason=reason)
    except TransitionRefused:
        return False  # somebody was faster
    notices.tell_suspended(offer=offer, reason=reason, at=at)
    return True


def _refuse_not_announced(offer: Offer) -> None:
    file = getattr(offer, "file", None)
    if offer.state != OfferState.PREPARED or file is None or file.announced_at is None:
        raise IntentionRefused(
            _("Une intention se dit avant l’ouverture, quand l’offre est annoncée."),
            next_step=_("L’offre ouverte, on s’y engage."),
        )


def _said(text: str, limit: int, rule: str) -> str:
    text = text.strip()
    if not text:
        raise CampaignRefused(rule, next_step=_("Écrivez-le."))
    if len(text) > limit:
        raise CampaignRefused(
            _("%(length)s signes ; le plus est %(limit)s.") % {"length": len(text), "limit": limit},
            next_step=_("Raccourcissez."),
        )
    return text
