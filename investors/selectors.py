"""Questions about people: who is behind an account, what is missing, what changed and by whom."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fres.kernel.templatetags.fres import date_short, datetime_long
from investors.models import Classification, Consent, Party, PartyCheck, Representation, RoleGrant, TaxResidence, User

# Fields whose values the audit trail never shows, only that they changed.
_SECRET = frozenset({"iban", "iban_hash", "tax_identifier", "tax_identifier_hash", "password"})
_TRACKED: dict[str, tuple[Promise, type[models.Model]]] = {
    "comptes": (gettext_lazy("Comptes"), User),
    "personnes": (gettext_lazy("Personnes"), Party),
    "roles": (gettext_lazy("Rôles"), RoleGrant),
    "residences": (gettext_lazy("Résidences fiscales"), TaxResidence),
    "representations": (gettext_lazy("Représentations"), Representation),
    "controles": (gettext_lazy("Contrôles des personnes"), PartyCheck),
    "statuts": (gettext_lazy("Statuts d’investisseur"), Classification),
}
_ACTS = {"insert": gettext_lazy("créé"), "update": gettext_lazy("modifié"), "delete": gettext_lazy("supprimé")}


def party_of(user: User) -> Party | None:
    """Return the person behind an account, or None before the profile was filled in."""
    return Party.objects.filter(user=user).first()


def parties_acted_for(user: User, on: date) -> QuerySet[Party]:
    """Return the account's own party and those it represents on a day."""
    represented = Representation.objects.filter(user=user, valid_from__lte=on).exclude(valid_to__lte=on)
    return Party.objects.filter(Q(user=user) | Q(pk__in=represented.values("party"))).distinct()


def party_chosen_by(user: User, wanted: str, on: date) -> Party | None:
    """Return the party an account acts for: the one it names among its own and those it represents, else its own.

    An account without a person of its own that represents one party acts for it. Raises: LookupError: it names a party
    it may not act for, or none at all.
    """
    parties = parties_acted_for(user, on)
    if not wanted:
        return party_of(user) or (parties.get() if parties.count() == 1 else None)
    try:
        found = parties.filter(uuid=UUID(wanted)).first()
    except ValueError:
        found = None
    if found is None:
        raise LookupError(f"this account acts for no party {wanted!r}")
    return found


def tax_residence_at(party: Party, on: date) -> TaxResidence | None:
    """Return where a party is taxed on a day, or None when it has declared nothing for that day."""
    return party.tax_residences.filter(valid_from__lte=on).exclude(valid_to__lte=on).first()


def profile_gaps(party: Party | None, on: date) -> list[str]:
    """Return what a gift or a loan still asks of a person (ruling B6), in words; empty when nothing is missing."""
    if party is None:
        return [_("le nom"), _("la naissance"), _("l’adresse"), _("la résidence fiscale")]
    gaps = []
    if not party.name:
        gaps.append(_("le nom"))
    is_person = party.kind == Party.Kind.PERSON
    if is_person and not (party.birth_date and party.birth_place and party.birth_country):
        gaps.append(_("la naissance"))
    if not (party.address_line and party.city and party.country):
        gaps.append(_("l’adresse"))
    if tax_residence_at(party, on) is None:
        gaps.append(_("la résidence fiscale"))
    return gaps


def search_parties(text: str, kind: str = "") -> QuerySet[Party]:
    """Return parties whose number, name, SIREN or address matches all the words, by number."""
    found = Party.objects.select_related("user").order_by("number")
    if kind in Party.Kind.values:
        found = found.filter(kind=kind)
    for word in text.split():
        found = found.filter(
            Q(number__istartswith=word)
            | Q(family_name__icontains=word)
            | Q(given_names__icontains=word)
            | Q(legal_name__icontains=word)
            | Q(siren__startswith=word)
            | Q(city__icontains=word)
            | Q(email__icontains=word)
        )
    return found


def search_users(text: str, role: str = "") -> QuerySet[User]:
    """Return accounts whose name or address matches all the words, staff and others alike, by address."""
    found = User.objects.prefetch_related("role_grants").order_by("email")
    if role:
        found = found.filter(role_grants__role=role, role_grants__valid_to=None).distinct()
    for word in text.split():
        found = found.filter(Q(email__icontains=word) | Q(display_name__icontains=word))
    return found


def consents_of(user: User) -> QuerySet[Consent]:
    return Consent.objects.filter(user=user).order_by("-given_at")


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the audit trail. `fields`: (name, before, after), secrets masked."""

    at: datetime
    actor: str
    act: str
    subject: str
    fields: tuple[tuple[str, str, str], ...]


def audit_kind(code: str, name: Promise, model: type[models.Model]) -> None:
    """Let the journal show the changes of a model of an app above, which tracks them (`track_every_change`).

    Raises: ValueError: another model has this code.
    """
    if code in _TRACKED and _TRACKED[code][1] is not model:
        raise ValueError(f"the journal shows {_TRACKED[code][1].__name__} as {code}, not {model.__name__}")
    _TRACKED[code] = (name, model)


def audited_kinds() -> dict[str, str]:
    """Return what the journal can show: its code in the address, its name."""
    return {code: str(name) for code, (name, _model) in _TRACKED.items()}


def changes_of_kind(kind: str) -> QuerySet[Any]:
    """Return the events of one kind, newest first; `describe_changes` turns a page of them into lines."""
    event_model: Any = _TRACKED[kind][1]._meta.get_field("events").related_model
    return event_model.objects.select_related("pgh_context").order_by("-pgh_id")


def describe_changes(events: Iterable[Any]) -> list[Change]:
    """Return readable lines for events of one kind, with the values before and after."""
    page = list(events)
    if not page:
        return []
    event_model = type(page[0])
    subjects = {event.pgh_obj_id for event in page}
    newest = max(event.pgh_id for event in page)
    before: dict[int, Any] = {}
    last_seen: dict[int, Any] = {}
    for event in event_model.objects.filter(pgh_obj_id__in=subjects, pgh_id__lte=newest).order_by("pgh_id"):
        if event.pgh_obj_id in last_seen:
            before[event.pgh_id] = last_seen[event.pgh_obj_id]
        last_seen[event.pgh_obj_id] = event
    actors = _actor_names(event.pgh_context for event in page)
    return [
        Change(
            at=event.pgh_created_at,
            actor=_actor_of(event.pgh_context, actors),
            act=str(_ACTS.get(event.pgh_label, event.pgh_label)),
            subject=_subject_of(event),
            fields=tuple(_differences(before.get(event.pgh_id), event)),
        )
        for event in page
    ]


def changes_of(subject: models.Model, limit: int = 50) -> list[Change]:
    """Return the last changes of one person, account or grant, newest first."""
    kind = next(code for code, (_name, model) in _TRACKED.items() if isinstance(subject, model))
    return describe_changes(changes_of_kind(kind).filter(pgh_obj_id=subject.pk)[:limit])


def _actor_names(contexts: Iterable[Any]) -> dict[int, str]:
    wanted = {context.metadata.get("user") for context in contexts if context is not None}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=wanted - {None})}


def _actor_of(context: Any, names: dict[int, str]) -> str:
    if context is None:
        return _("le programme")
    actor = context.metadata.get("user")
    if actor is None:
        return context.metadata.get("command") or _("une personne non connectée")
    return names.get(actor, _("compte n° %(number)s") % {"number": actor})


def _subject_of(event: Any) -> str:
    for field in ("number", "email", "slug", "name"):
        if hasattr(event, field):
            return str(getattr(event, field))
    if hasattr(event, "role") and hasattr(event, "user"):
        return f"{event.user} : {event.get_role_display()}"
    return str(getattr(event, "party", event.pgh_obj_id))


def _differences(old: Any, new: Any) -> Iterable[tuple[str, str, str]]:
    for field in new._meta.concrete_fields:
        if field.name.startswith("pgh_") or field.name in ("id", "uuid"):
            continue
        value = getattr(new, field.attname)
        previous = getattr(old, field.attname) if old is not None else None
        if value == previous or (old is None and value in ("", None)):
            continue
        if field.name in _SECRET:
            if not field.name.endswith("_hash"):
                yield str(field.verbose_name), _("masqué") if previous else "", _("masqué") if value else ""
            continue
        yield str(field.verbose_name), _in_words(old, field), _in_words(new, field)


def _in_words(event: Any, field: Any) -> str:
    value = getattr(event, field.attname) if event is not None else None
    if value is None:
        return ""
    if field.is_relation:
        related = field.related_model.objects.filter(pk=value).first()  # the trail outlives what it tells of
        return str(related or value)
    if field.choices:
        return str(event._get_FIELD_display(field))
    if isinstance(value, datetime):
        return datetime_long(value)
    if isinstance(value, date):
        return date_short(value)
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    return str(value)


Gatherer = Callable[[User], Any]
_OWN_DATA: dict[str, Gatherer] = {}


def own_data(section: str) -> Callable[[Gatherer], Gatherer]:
    """Register what an app holds about an account, for the copy the person may ask for (GDPR, art. 15 and 20)."""

    def register(gather: Gatherer) -> Gatherer:
        _OWN_DATA[section] = gather
        return gather

    return register


def gather_own_data(user: User) -> dict[str, Any]:
    """Return everything the apps hold about an account, by section, ready for JSON."""
    return {section: gather(user) for section, gather in sorted(_OWN_DATA.items())}


def _values(rows: QuerySet[Any], *fields: str) -> list[dict[str, Any]]:
    return list(rows.values(*fields))


@own_data("account")
def _own_account(user: User) -> dict[str, Any]:
    return {
        "email": user.email,
        "display_name": user.display_name,
        "language": user.language,
        "created_at": user.created_at,
        "roles": _values(RoleGrant.objects.filter(user=user), "role", "scope_kind", "valid_from", "valid_to"),
        "consents": _values(consents_of(user), "text_key", "text_version", "given_at"),
    }


@own_data("identity")
def _own_identity(user: User) -> dict[str, Any]:
    party = party_of(user)
    if party is None:
        return {}
    hidden = {"id", "user", "iban_hash"}
    identity = {
        field.name: getattr(party, field.attname) for field in Party._meta.concrete_fields if field.name not in hidden
    }
    residences = _values(party.tax_residences.all(), "country", "tax_identifier", "valid_from", "valid_to")
    return {**identity, "tax_residences": residences}
