"""The national register, behind a port: it may be down, and then a holder applies now and is verified later.

No network here: the register is the table filled by `import_register` from a file of the INSEE, the RNA or the State's
list of social economy enterprises.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.db import transaction
from django.db.models import Q, QuerySet

from projects.models import Organisation, RegisterCheck, RegisterEntry
from projects.models.organisations import IdentifiedBy, RegisterState


class RegisterUnavailable(Exception):
    """The register gives no answer now: neither "found" nor "not found" may be written."""


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """What a register says of a number on a day. `name` empty: it does not know the number."""

    source: str
    as_of: date
    siren: str = ""
    siret: str = ""
    rna: str = ""
    name: str = ""
    legal_category: str = ""
    commune_code: str = ""
    is_active: bool = True
    is_ess: bool | None = None
    address: str = ""
    directors: str = ""
    insolvency: str = ""

    @property
    def outcome(self) -> RegisterState:
        if not self.name:
            return RegisterState.NOT_FOUND
        return RegisterState.VERIFIED if self.is_active else RegisterState.CLOSED


class Register(Protocol):
    """Whoever can answer for a number."""

    def find(self, *, siren: str, rna: str) -> RegisterAnswer:
        """Return what is known of a number. Raises: RegisterUnavailable."""
        ...


class ImportedRegister:
    """The register as the last files imported told it."""

    def find(self, *, siren: str, rna: str) -> RegisterAnswer:
        wanted = Q(siren=siren) if siren else Q(rna=rna)
        row = RegisterEntry.objects.filter(wanted).order_by("-as_of").first()
        if row is not None:
            return RegisterAnswer(
                source=row.source,
                as_of=row.as_of,
                siren=row.siren,
                siret=row.siret,
                rna=row.rna,
                name=row.name,
                legal_category=row.legal_category,
                commune_code=row.commune_code,
                is_active=row.is_active,
                is_ess=row.is_ess,
                address=row.address,
                directors=row.directors,
                insolvency=row.insolvency,
            )
        kind = ~Q(siren="") if siren else ~Q(rna="")
        newest = RegisterEntry.objects.filter(kind).order_by("-as_of").first()
        if newest is None:
            raise RegisterUnavailable("no register file of this kind was imported")
        return RegisterAnswer(source=newest.source, as_of=newest.as_of)


class SilentRegister:
    """A register that is down."""

    def find(self, *, siren: str, rna: str) -> RegisterAnswer:
        raise RegisterUnavailable("the register does not answer")


@transaction.atomic
def verify_organisation(*, organisation: Organisation, at: datetime, register: Register | None = None) -> Organisation:
    """Ask the register about an organisation and keep its answer; leave it "à vérifier" when it does not answer.

    An organisation in creation is not asked about. Args: register: the imported one when None.
    Returns: the fresh row.
    """
    organisation = Organisation.objects.select_for_update().select_related("party").get(pk=organisation.pk)
    if organisation.identified_by == IdentifiedBy.IN_CREATION:
        return organisation
    party = organisation.party
    try:
        answer = (register or ImportedRegister()).find(siren=party.siren, rna=party.rna)
    except RegisterUnavailable:
        return organisation
    RegisterCheck.objects.create(
        organisation=organisation,
        outcome=answer.outcome,
        checked_at=at,
        source=answer.source,
        as_of=answer.as_of,
        answer={
            "name": answer.name,
            "siret": answer.siret,
            "legal_category": answer.legal_category,
            "commune_code": answer.commune_code,
            "is_active": answer.is_active,
            "is_ess": answer.is_ess,
        },
    )
    organisation.register_state = answer.outcome
    organisation.register_checked_at = at
    organisation.save(update_fields=["register_state", "register_checked_at"])
    return organisation


def organisations_to_verify() -> QuerySet[Organisation]:
    """Return the organisations with a number that no register answered about yet, the oldest first."""
    return Organisation.objects.filter(register_state=RegisterState.TO_VERIFY).order_by("pk")
