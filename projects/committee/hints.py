"""What may tie a member to a file, found in what the product knows; shown to that member alone, who then declares.

A hint accuses nobody: two people may share a name. Parts above this one (`funds`) add what they know by registering a
source; nothing here looks upwards.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from investors.models import Party, Representation, User
from investors.officers import mandates_on, owners_on
from projects.four_eyes import Act, acts_on
from projects.models import Application, Membership


@dataclass(frozen=True, slots=True)
class Hint:
    """One match: a code kept with the declaration, a French sentence shown to the person."""

    code: str
    text: str


Source = Callable[[User, Application, date], Iterable[Hint]]
_sources: list[Source] = []


def hint_source(source: Source) -> Source:
    """Register a function that looks for what ties a person to a file on a day."""
    if source not in _sources:
        _sources.append(source)
    return source


def hints_for(user: User, application: Application, on: date) -> tuple[Hint, ...]:
    """Return every match between a person and a file, each code once, in the order of the sources."""
    found: dict[str, Hint] = {}
    for source in _sources:
        for hint in source(user, application, on):
            found.setdefault(hint.code, hint)
    return tuple(found.values())


def folded(name: str) -> str:
    """Return a name as it is compared: no accents, no case, no punctuation, one space between words."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", bare.lower()))


@hint_source
def _memberships(user: User, application: Application, on: date) -> Iterator[Hint]:
    organisation = application.organisation
    for membership in Membership.objects.filter(user=user, organisation=organisation).order_by("joined_on"):
        if membership.left_on is None or membership.left_on > on:
            yield Hint("member", _("Vous êtes membre de %(name)s.") % {"name": organisation.name})
        else:
            yield Hint("was_member", _("Vous avez été membre de %(name)s.") % {"name": organisation.name})
    if application.accompanying_body_id:
        accompanied = Membership.objects.filter(user=user, organisation_id=application.accompanying_body_id)
        if accompanied.filter(left_on=None).exists():
            yield Hint("accompanies", _("Vous êtes membre de la structure qui accompagne ce projet."))
    if application.created_by_id == user.pk:
        yield Hint("author", _("Vous avez créé ce dossier."))


@hint_source
def _representations(user: User, application: Application, on: date) -> Iterator[Hint]:
    party = application.organisation.party
    if Representation.objects.filter(user=user, party=party).exists():
        yield Hint("represents", _("Vous représentez %(name)s, ou l’avez représentée.") % {"name": party.name})
    if party.user_id == user.pk:
        yield Hint("is_holder", _("Le porteur de ce projet, c’est vous."))


@hint_source
def _same_people(user: User, application: Application, on: date) -> Iterator[Hint]:
    own = Party.objects.filter(user=user).first()
    if own is None:
        return
    full, family = folded(own.name), folded(own.family_name)
    for person in _people_of(application):
        if person.pk == own.pk or person.user_id == user.pk:
            continue
        if folded(person.name) == full:
            yield Hint("same_name", _("Une personne liée au porteur porte vos prénoms et votre nom."))
        elif family and folded(person.family_name) == family:
            yield Hint("same_family_name", _("Une personne liée au porteur porte votre nom de famille."))
        elif _same_home(own, person):
            yield Hint("same_address", _("Une personne liée au porteur habite à votre adresse."))
    holder = application.organisation.party
    if holder.iban_hash and holder.iban_hash == own.iban_hash:
        yield Hint("same_account", _("Le porteur et vous avez le même compte bancaire."))
    if _same_home(own, holder):
        yield Hint("seat_at_home", _("Le siège du porteur est à votre adresse."))


@hint_source
def _declared_people(user: User, application: Application, on: date) -> Iterator[Hint]:
    """Look among the directors and beneficial owners that the holder declared, account here or not."""
    own = Party.objects.filter(user=user).first()
    if own is None:
        return
    holder = application.organisation.party
    full, family = folded(f"{own.given_names} {own.family_name}"), folded(own.family_name)
    if not family:
        return
    for mandate in mandates_on(holder, on):
        if folded(str(mandate)) == full:
            yield Hint("is_director", _("Une personne qui dirige le porteur porte vos prénoms et votre nom."))
        elif folded(mandate.family_name) == family:
            yield Hint("director_family_name", _("Une personne qui dirige le porteur porte votre nom de famille."))
    for owner in owners_on(holder, on):
        if folded(str(owner)) == full and own.birth_date in (None, owner.birth_date):
            yield Hint("is_owner", _("Un bénéficiaire effectif du porteur porte vos prénoms et votre nom."))
        elif folded(owner.family_name) == family:
            yield Hint("owner_family_name", _("Un bénéficiaire effectif du porteur porte votre nom de famille."))


def _people_of(application: Application) -> Iterable[Party]:
    """Return the persons known behind a holder: members of its team, representatives of its party."""
    organisation = application.organisation
    return Party.objects.filter(
        Q(user__memberships__organisation=organisation) | Q(user__representations__party=organisation.party),
        kind=Party.Kind.PERSON,
    ).distinct()


def _same_home(one: Party, other: Party) -> bool:
    address = folded(one.address_line)
    return bool(address) and address == folded(other.address_line) and one.postal_code == other.postal_code


@hint_source
def _acts(user: User, application: Application, on: date) -> Iterator[Hint]:
    if user.pk in acts_on(application)[Act.INSTRUCTED]:
        yield Hint("instructed", _("Vous avez instruit ce dossier : vous ne pourrez pas voter (quatre regards)."))
