"""The class of a saver: asked for with attestations, decided by compliance, told, ended (Annex II; E01)."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.errors import RuleViolation
from fres.kernel.locked_texts import read_text
from fres.kernel.messages import queue_message
from fres.kernel.states import advance
from fres.kernel.templatetags.fres import date_long
from investors.models import Classification, Party, User
from investors.protection.assessing import years_after
from investors.protection.criteria import are_met, needed
from investors.protection.states import (
    APPROVE_CLASS,
    EXPIRE_CLASS,
    GIVE_UP_CLASS,
    REFUSE_CLASS,
    WITHDRAW_CLASS,
    ClassState,
)
from investors.selectors import parties_acted_for

WARNING = "class.warning"
CLASS_LASTS = "ecspr.class_years"


class ClassRefused(RuleViolation):
    """A class cannot be asked for, or decided, as things stand."""

    rule = "E01"


@transaction.atomic
def request_class(
    *,
    party: Party,
    wanted: Classification.Wanted,
    criteria: Collection[str],
    evidence: str,
    attests: bool,
    is_aware: bool,
    is_responsible: bool,
    by: User,
    at: datetime,
) -> Classification:
    """Ask to be treated as sophisticated: the three statements of Annex II, II, each an act of its own.

    Args: criteria: keys of `investors.protection.criteria`. attests: the criteria are met; is_aware: of the protections
        lost; is_responsible: for the truth of what is said.
    Raises: ClassRefused: nothing is written.
    """
    if not parties_acted_for(by, clock.local(at).date()).filter(pk=party.pk).exists():
        raise ClassRefused(_("Vous n’agissez pas pour cette personne."), next_step=_("Demandez pour vous-même."))
    if not (attests and is_aware and is_responsible):
        raise ClassRefused(
            _("La demande porte trois déclarations ; il en manque."),
            next_step=_("Cochez chacune, ou gardez les protections."),
        )
    if not are_met(party.kind, wanted, criteria):
        count = needed(party.kind, wanted)
        raise ClassRefused(
            _("Il faut remplir %(needed)s critère(s) ; vous en attestez %(count)s.")
            % {"needed": count, "count": len(set(criteria))},
            next_step=_("Cochez ceux que vous remplissez, ou gardez les protections."),
        )
    if not evidence.strip():
        raise ClassRefused(
            _("La loi demande à la plateforme de vérifier : dites par quelles pièces."),
            next_step=_("Citez vos pièces : avis d’impôt, relevé de portefeuille, contrat de travail, bilan."),
        )
    Party.objects.select_for_update(no_key=True).get(pk=party.pk)
    if party.classifications.filter(state__in=(ClassState.REQUESTED, ClassState.GRANTED)).exists():
        raise ClassRefused(
            _("Une demande est en cours, ou un statut est déjà accordé."),
            next_step=_("Attendez la réponse, ou renoncez d’abord au statut en cours."),
        )
    text = read_text(WARNING)
    return Classification.objects.create(
        party=party,
        wanted=wanted,
        criteria=sorted(set(criteria)),
        evidence=evidence.strip()[:2_000],
        text_version=text.version,
        text_sha256=text.digest,
        requested_by=by,
        requested_at=at,
    )


@transaction.atomic
def approve_class(*, classification: Classification, reason: str, by: User, at: datetime) -> Classification:
    """Grant a class for two years, on the evidence that was looked at; the person is told.

    Args: reason: what was looked at. Raises: ClassRefused: nothing said, or one decides on oneself. TransitionRefused.
    """
    grounds = _check_decision(classification, reason, by, at)
    on = clock.local(at).date()
    ends = years_after(on, parameters.value_at(CLASS_LASTS, on).whole)
    classification = advance(
        classification, APPROVE_CLASS, by=by, at=at, reason=grounds, grounds=grounds, decided_by=by, decided_at=at,
        expires_on=ends,
    )  # fmt: skip
    _tell(classification, at=at)
    return classification


@transaction.atomic
def refuse_class(*, classification: Classification, reason: str, by: User, at: datetime) -> Classification:
    """Refuse a class, for reasonable doubt; the person keeps every protection and is told why.

    Raises: ClassRefused; TransitionRefused.
    """
    grounds = _check_decision(classification, reason, by, at)
    classification = advance(
        classification, REFUSE_CLASS, by=by, at=at, reason=grounds, grounds=grounds, decided_by=by, decided_at=at
    )
    _tell(classification, at=at)
    return classification


@transaction.atomic
def withdraw_class(*, classification: Classification, reason: str, by: User, at: datetime) -> Classification:
    """End a class whose conditions are gone; the person is told that they are protected again.

    Raises: ClassRefused; TransitionRefused.
    """
    grounds = _check_decision(classification, reason, by, at)
    classification = advance(classification, WITHDRAW_CLASS, by=by, at=at, reason=grounds, grounds=grounds, ended_at=at)
    _tell(classification, at=at)
    return classification


@transaction.atomic
def give_up_class(*, classification: Classification, by: User, at: datetime) -> Classification:
    """Take one's request back, or return under the protections. Raises: ClassRefused; TransitionRefused."""
    if not parties_acted_for(by, clock.local(at).date()).filter(pk=classification.party_id).exists():
        raise ClassRefused(_("Vous n’agissez pas pour cette personne."))
    return advance(classification, GIVE_UP_CLASS, by=by, at=at, ended_at=at)


def expire_classes(*, at: datetime) -> int:
    """End the classes whose two years are over, and tell; return how many. Each is its own transaction."""
    due = Classification.objects.filter(state=ClassState.GRANTED, expires_on__lte=clock.local(at).date())
    done = 0
    for classification in due.order_by("expires_on", "pk"):
        with transaction.atomic():
            ended = advance(classification, EXPIRE_CLASS, by=None, at=at, ended_at=at)
            _tell(ended, at=at)
        done += 1
    return done


def _check_decision(classification: Classification, reason: str, by: User, at: datetime) -> str:
    if not 0 < len(reason.strip()) <= 500:
        raise ClassRefused(
            _("Une décision dit sur quoi elle repose, en 500 signes au plus."),
            next_step=_("Écrivez les pièces regardées et ce qu’elles montrent."),
        )
    is_theirs = parties_acted_for(by, clock.local(at).date()).filter(pk=classification.party_id).exists()
    if is_theirs or by.pk == classification.requested_by_id:
        raise ClassRefused(
            _("Personne ne décide de son propre statut, ni de celui de qui il représente."),
            next_step=_("Demandez à une autre personne de la conformité."),
        )
    return reason.strip()


def _tell(classification: Classification, *, at: datetime) -> None:
    reader = classification.requested_by
    queue_message(
        to=reader.email,
        template="protection/class",
        context={
            "state": classification.state,
            "wanted": classification.wanted,
            "reason": classification.grounds,
            "expires_on": date_long(classification.expires_on) if classification.expires_on else "",
            "url": f"{settings.SITE_URL}{reverse('protection:ready')}",
        },
        key=f"class:{classification.uuid}:{classification.state}",
        at=at,
        about=("classification", classification.uuid),
        legal=True,
        language=reader.language,
    )
