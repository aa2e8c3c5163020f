"""Writing an organisation: its creation, what it says of itself, its numbers, what its representative signs."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.errors import RuleViolation
from investors.models import Party, Representation, User
from investors.parties import next_party_numbers
from investors.roles import grant_role
from projects.models import Application, Membership, Organisation, SignOff
from projects.models.organisations import EssStatus, IdentifiedBy, RegisterState
from projects.organisations.communes import exactly, settle_commune
from projects.organisations.identifiers import Numbers, read_lei
from projects.organisations.legal_forms import legal_form, settle_ess_status
from projects.organisations.locking import free_slug, hold
from projects.organisations.places import set_territories
from projects.organisations.register import Register, verify_organisation
from projects.states import ApplicationState

_PARTY_FIELDS = ("legal_name", "address_line", "postal_code", "email", "phone")
_OWN_FIELDS = ("name", "purpose", "website", "created_on")
_CHECKED_FIELDS = frozenset({"legal_name", "legal_form", "siren", "rna"})


class OrganisationAlreadyThere(RuleViolation):
    """One organisation per number: people join it, they do not make it twice."""

    rule = "organisation-already-there"


class NumberAlreadyFiled(RuleViolation):
    """A number that stands in a file already submitted is not changed by its holder."""

    rule = "number-already-filed"


class NotALegalRepresentative(RuleViolation):
    """Only who represents the organisation legally may sign for it."""

    rule = "not-a-legal-representative"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a holder says of their organisation. `commune`: as `settle_commune` reads it."""

    name: str
    legal_name: str
    legal_category: str
    purpose: str
    commune: str
    address_line: str = ""
    postal_code: str = ""
    ess_status: str = EssStatus.UNKNOWN
    website: str = ""
    email: str = ""
    phone: str = ""
    created_on: date | None = None


@transaction.atomic
def create_organisation(
    *,
    profile: Profile,
    numbers: Numbers,
    by: User,
    is_legal_representative: bool,
    function: str,
    at: datetime,
    register: Register | None = None,
) -> Organisation:
    """Make an organisation, its party and the place of its first member, who becomes a project holder for it.

    The register is asked at once when it answers; otherwise the organisation waits as "à vérifier" and goes on.
    Raises: OrganisationAlreadyThere; LegalFormUnknown; EssStatusDoesNotFit; CommuneUnknown; CommuneAmbiguous.
    """
    commune = settle_commune(profile.commune)
    status = settle_ess_status(code=profile.legal_category, declared=profile.ess_status)
    on = clock.local(at).date()
    party = _party_for(numbers=numbers, profile=profile, by=by, at=at)
    _write_party(party, profile, city=commune.name, commune_code=commune.code)
    party.siren, party.siret, party.rna = numbers.siren, numbers.siret, numbers.rna
    party.save()
    organisation = Organisation(
        party=party,
        slug=free_slug(Organisation, profile.name),
        legal_category=profile.legal_category,
        ess_status=status,
        commune_code=commune.code,
        **_registration(numbers),
    )
    for field in _OWN_FIELDS:
        setattr(organisation, field, getattr(profile, field))
    organisation.save()
    Membership.objects.create(
        organisation=organisation,
        user=by,
        is_legal_representative=is_legal_representative,
        function=function,
        joined_on=on,
    )
    grant_role(user=by, role=Role.HOLDER, by=None, on=on, scope_kind="organisation", scope_uuid=organisation.uuid)
    set_territories(subject=organisation, seat=exactly(commune.code))
    return verify_organisation(organisation=organisation, at=at, register=register)


@transaction.atomic
def edit_organisation(*, organisation: Organisation, profile: Profile, at: datetime) -> Organisation:
    """Write what an organisation says of itself; who changed what stays in the trail.

    A new legal name or form asks for a new check of identity and of the register.
    Raises: LegalFormUnknown; EssStatusDoesNotFit; CommuneUnknown; CommuneAmbiguous.
    """
    commune = settle_commune(profile.commune)
    status = settle_ess_status(code=profile.legal_category, declared=profile.ess_status)
    organisation = Organisation.objects.select_for_update().select_related("party").get(pk=organisation.pk)
    party = Party.objects.select_for_update().get(pk=organisation.party_id)
    before = {field: getattr(party, field) for field in _CHECKED_FIELDS}
    _write_party(party, profile, city=commune.name, commune_code=commune.code)
    _forget_checks(party, organisation, before)
    party.save()
    for field in _OWN_FIELDS:
        setattr(organisation, field, getattr(profile, field))
    organisation.legal_category, organisation.ess_status = profile.legal_category, status
    organisation.save()
    _move_seat(organisation, commune.code)
    return organisation


@transaction.atomic
def change_numbers(
    *, organisation: Organisation, numbers: Numbers, at: datetime, register: Register | None = None
) -> Organisation:
    """Give an organisation its numbers, or correct them while nothing was submitted under them.

    A number that was missing may always be given: that is how an organisation in creation comes to be.
    Raises: NumberAlreadyFiled; OrganisationAlreadyThere.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    party = Party.objects.select_for_update().get(pk=organisation.party_id)
    present = Numbers(siren=party.siren, siret=party.siret, rna=party.rna)
    if numbers == present:
        return organisation
    _refuse_filed_change(organisation, present, numbers)
    _refuse_taken(numbers, but=party)
    before = {field: getattr(party, field) for field in _CHECKED_FIELDS}
    party.siren, party.siret, party.rna = numbers.siren, numbers.siret, numbers.rna
    _forget_checks(party, organisation, before)
    party.save()
    for field, value in _registration(numbers).items():
        setattr(organisation, field, value)
    organisation.register_checked_at = None
    organisation.save()
    return verify_organisation(organisation=organisation, at=at, register=register)


@transaction.atomic
def give_lei(*, organisation: Organisation, lei: str) -> Organisation:
    """Write the legal entity identifier that a loan's information sheet prints. Raises: LeiNotValid."""
    party = Party.objects.select_for_update().get(pk=organisation.party_id)
    given = read_lei(lei)
    if party.lei != given:
        party.lei = given
        party.save(update_fields=["lei"])
    return organisation


@transaction.atomic
def open_public_page(*, organisation: Organisation, is_listed: bool) -> Organisation:
    """Open or close an organisation's public page; projects already public keep theirs."""
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if organisation.is_listed != is_listed:
        organisation.is_listed = is_listed
        organisation.save(update_fields=["is_listed"])
    return organisation


@transaction.atomic
def sign_off(*, organisation: Organisation, by: User, at: datetime) -> SignOff:
    """Record that a legal representative answers for what the organisation says of itself, word for word.

    The same content signed again by the same person gives the earlier signature back.
    Raises: NotALegalRepresentative.
    """
    organisation = Organisation.objects.select_for_update().select_related("party").get(pk=organisation.pk)
    if not Membership.objects.filter(
        organisation=organisation, user=by, is_legal_representative=True, left_on=None
    ).exists():
        raise NotALegalRepresentative(
            _("Seule une personne qui représente légalement « %(name)s » peut signer.") % {"name": organisation.name},
            next_step=_("Invitez-la dans l’équipe : elle recevra un courriel et signera depuis son compte."),
        )
    content = signed_content(organisation)
    digest = content_hash(content)
    last = SignOff.objects.filter(organisation=organisation).first()
    if last is not None and last.content_hash == digest and last.signed_by_id == by.pk:
        return last
    return SignOff.objects.create(
        organisation=organisation, signed_by=by, signed_at=at, content=content, content_hash=digest
    )


def signed_content(organisation: Organisation) -> dict[str, Any]:
    """Return what a legal representative answers for, as JSON values: identity, form, places and people."""
    party = organisation.party
    return {
        "name": organisation.name,
        "legal_name": party.legal_name,
        "legal_category": organisation.legal_category,
        "ess_status": organisation.ess_status,
        "siren": party.siren,
        "siret": party.siret,
        "rna": party.rna,
        "purpose": organisation.purpose,
        "address": [party.address_line, party.postal_code, party.city],
        "places": [
            [row.role, row.commune_code, row.weight_bp]
            for row in organisation.territory_roles.order_by("role", "commune_code")
        ],
        "mandates": [
            [str(row), row.function]
            for row in party.mandates.filter(valid_to=None).order_by("family_name", "given_names", "function")
        ],
        "owners": [
            [str(row), row.control, row.share_bp]
            for row in party.beneficial_owners.filter(valid_to=None).order_by("family_name", "given_names", "pk")
        ],
    }


def content_hash(content: dict[str, Any]) -> str:
    """Return the SHA-256 of what is signed, the same for the same words."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def profile_of(organisation: Organisation) -> Profile:
    """Return what an organisation says of itself today, as it would be typed again."""
    party = organisation.party
    values = {field: getattr(organisation, field) for field in _OWN_FIELDS}
    values |= {field: getattr(party, field) for field in _PARTY_FIELDS}
    return Profile(
        legal_category=organisation.legal_category,
        ess_status=organisation.ess_status,
        commune=exactly(organisation.commune_code),
        **values,
    )


def profile_values(profile: Profile) -> dict[str, Any]:
    return asdict(profile)


def _party_for(*, numbers: Numbers, profile: Profile, by: User, at: datetime) -> Party:
    """Return the party these numbers already name when `by` represents it, else a new one."""
    _hold_numbers(numbers)
    known = Party.objects.filter(siren=numbers.siren).first() if numbers.siren else None
    if known is not None and not Organisation.objects.filter(party=known).exists():
        on = clock.local(at).date()
        represented = known.representations.filter(
            user=by, role=Representation.Capacity.LEGAL_REPRESENTATIVE, valid_from__lte=on
        ).exclude(valid_to__lte=on)
        if represented.exists():
            return known
    _refuse_taken(numbers)
    number = next_party_numbers(Party.Kind.LEGAL)[0]
    return Party(kind=Party.Kind.LEGAL, number=number, legal_name=profile.legal_name, created_at=at)


def _hold_numbers(numbers: Numbers) -> None:
    for number in sorted({numbers.siren, numbers.rna} - {""}):
        hold(f"register {number}")


def _refuse_taken(numbers: Numbers, but: Party | None = None) -> None:
    _hold_numbers(numbers)
    others = Party.objects.exclude(pk=but.pk) if but is not None else Party.objects.all()
    if (numbers.siren and others.filter(siren=numbers.siren).exists()) or (
        numbers.rna and others.filter(rna=numbers.rna).exists()
    ):
        raise OrganisationAlreadyThere(
            _("Une organisation est déjà inscrite sous le numéro %(number)s.")
            % {"number": numbers.siren or numbers.rna},
            next_step=_(
                "Demandez à la personne qui la représente de vous inviter dans son équipe. "
                "Si personne ne vous répond, écrivez-nous : nous vérifierons qui la représente."
            ),
        )


def _refuse_filed_change(organisation: Organisation, present: Numbers, wanted: Numbers) -> None:
    changed = any(
        before and before != after
        for before, after in (
            (present.siren, wanted.siren),
            (present.siret, wanted.siret),
            (present.rna, wanted.rna),
        )
    )
    filed = Application.objects.filter(organisation=organisation).exclude(state=ApplicationState.DRAFT)
    if changed and filed.exists():
        raise NumberAlreadyFiled(
            _("Un dossier a été déposé sous le numéro %(number)s : il ne se change plus d’ici.")
            % {"number": present.siret or present.siren or present.rna},
            next_step=_("Écrivez à la personne qui instruit votre dossier, avec un avis de situation de l’INSEE."),
        )


def _registration(numbers: Numbers) -> dict[str, Any]:
    if numbers.is_empty:
        return {"identified_by": IdentifiedBy.IN_CREATION, "register_state": RegisterState.NO_NUMBER}
    kind = IdentifiedBy.SIREN if numbers.siren else IdentifiedBy.RNA
    return {"identified_by": kind, "register_state": RegisterState.TO_VERIFY}


def _write_party(party: Party, profile: Profile, *, city: str, commune_code: str) -> None:
    for field in _PARTY_FIELDS:
        setattr(party, field, getattr(profile, field))
    party.legal_form = legal_form(profile.legal_category).label[:80]
    party.city, party.commune_code, party.country = city, commune_code, "FR"


def _forget_checks(party: Party, organisation: Organisation, before: dict[str, str]) -> None:
    """A check was made of another name, form or number: it proves nothing any more."""
    if all(getattr(party, field) == value for field, value in before.items()):
        return
    party.kyc_verified_at = party.screened_at = None
    if organisation.identified_by != IdentifiedBy.IN_CREATION:
        organisation.register_state = RegisterState.TO_VERIFY
        organisation.register_checked_at = None


def _move_seat(organisation: Organisation, code: str) -> None:
    seat = organisation.territory_roles.filter(role="SIEGE").first()
    if seat is None:
        set_territories(subject=organisation, seat=exactly(code))
    elif seat.commune_code != code:
        seat.commune_code = code
        seat.save(update_fields=["commune_code"])
    if organisation.commune_code != code:
        organisation.commune_code = code
        organisation.save(update_fields=["commune_code"])
