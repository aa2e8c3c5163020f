"""Writing who directs and who owns a legal person (ruling A3). Dated rows: a change closes one and opens another."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from investors.models import BeneficialOwner, Mandate, Party
from investors.officer_tables import WHOLE_BP


class SharesAboveWhole(RuleViolation):
    """Those who own a legal person own at most all of it."""

    rule = "shares-above-whole"


class SamePersonTwice(RuleViolation):
    """A person holds one function, or owns in one capacity, once at a time."""

    rule = "same-person-twice"


class EndedAlready(RuleViolation):
    """The mandate or the ownership has ended already."""

    rule = "ended-already"


@dataclass(frozen=True, slots=True)
class Owner:
    """A person who owns or controls in the end. `share_bp`: whole basis points, only with control by capital."""

    given_names: str
    family_name: str
    birth_date: date
    nationality: str
    control: str
    share_bp: int | None = None


@transaction.atomic
def add_mandate(*, party: Party, given_names: str, family_name: str, function: str, since: date) -> Mandate:
    """Write that a person directs a legal person from a day on. Raises: SamePersonTwice."""
    Party.objects.select_for_update().get(pk=party.pk)
    same = Mandate.objects.filter(
        party=party,
        given_names__iexact=given_names,
        family_name__iexact=family_name,
        function=function,
        valid_to=None,
    )
    if same.exists():
        raise SamePersonTwice(_("Cette personne a déjà cette fonction."))
    return Mandate.objects.create(
        party=party, given_names=given_names, family_name=family_name, function=function, valid_from=since
    )


@transaction.atomic
def end_mandate(*, mandate: Mandate, on: date) -> Mandate:
    """End a mandate: it does not hold on the day `on` any more. Raises: EndedAlready."""
    mandate = Mandate.objects.select_for_update().get(pk=mandate.pk)
    if mandate.valid_to is not None:
        raise EndedAlready(_("Ce mandat est déjà terminé."))
    mandate.valid_to = max(on, mandate.valid_from)
    mandate.save(update_fields=["valid_to"])
    return mandate


@transaction.atomic
def declare_owner(*, party: Party, owner: Owner, at: datetime) -> BeneficialOwner:
    """Write a beneficial owner from today on; the identity of the party is to be checked again.

    Raises: SharesAboveWhole; SamePersonTwice.
    """
    party = Party.objects.select_for_update().get(pk=party.pk)
    present = BeneficialOwner.objects.filter(party=party, valid_to=None)
    if present.filter(
        given_names__iexact=owner.given_names, family_name__iexact=owner.family_name, birth_date=owner.birth_date
    ).exists():
        raise SamePersonTwice(
            _("Cette personne est déjà déclarée."), next_step=_("Mettez fin à sa déclaration pour la changer.")
        )
    total = (present.aggregate(total=Sum("share_bp"))["total"] or 0) + (owner.share_bp or 0)
    if total > WHOLE_BP:
        raise SharesAboveWhole(
            _("Avec cette personne, les parts déclarées font plus de 100 %."),
            next_step=_("Corrigez cette part, ou mettez fin à une déclaration qui ne vaut plus."),
        )
    party.kyc_verified_at = party.screened_at = None
    party.save(update_fields=["kyc_verified_at", "screened_at"])
    return BeneficialOwner.objects.create(
        party=party,
        given_names=owner.given_names,
        family_name=owner.family_name,
        birth_date=owner.birth_date,
        nationality=owner.nationality,
        control=owner.control,
        share_bp=owner.share_bp,
        valid_from=clock.local(at).date(),
        declared_at=at,
    )


@transaction.atomic
def end_owner(*, owner: BeneficialOwner, on: date) -> BeneficialOwner:
    """End a declaration: it does not hold on the day `on` any more. Raises: EndedAlready."""
    owner = BeneficialOwner.objects.select_for_update().get(pk=owner.pk)
    if owner.valid_to is not None:
        raise EndedAlready(_("Cette déclaration est déjà terminée."))
    owner.valid_to = max(on, owner.valid_from)
    owner.save(update_fields=["valid_to"])
    return owner


def mandates_on(party: Party, on: date) -> QuerySet[Mandate]:
    """Return who directs a legal person on a day."""
    return party.mandates.filter(valid_from__lte=on).exclude(valid_to__lte=on)


def owners_on(party: Party, on: date) -> QuerySet[BeneficialOwner]:
    """Return who owns or controls a legal person in the end, on a day."""
    return party.beneficial_owners.filter(valid_from__lte=on).exclude(valid_to__lte=on)
