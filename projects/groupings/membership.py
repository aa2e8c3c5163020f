"""Who belongs to a grouping: organisations of this site sign here, other bodies on paper."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from investors.models import User
from projects.groupings.editing import lock_open
from projects.models import Grouping, GroupingMember, Membership, Organisation
from projects.models.groupings import MemberType
from projects.organisations.communes import settle_commune
from projects.organisations.identifiers import read_siren
from projects.organisations.legal_forms import member_type_of
from projects.organisations.profiles import NotALegalRepresentative


class AlreadyAMember(RuleViolation):
    """A body is a member of a grouping once."""

    rule = "already-a-member"


class SignedAlready(RuleViolation):
    """A membership is signed once."""

    rule = "membership-signed-already"


class HasLeftTheGrouping(RuleViolation):
    """The body is not a member any more."""

    rule = "has-left-the-grouping"


class PivotMayNotLeave(RuleViolation):
    """A grouping keeps the organisation that carries it."""

    rule = "pivot-may-not-leave"


class DeliberationOfAnAuthority(RuleViolation):
    """Only a local authority joins by a deliberation."""

    rule = "deliberation-of-an-authority"


@transaction.atomic
def propose_member(*, grouping: Grouping, organisation: Organisation, at: datetime) -> GroupingMember:
    """Propose that an organisation of this site joins; its legal representative signs from its own space.

    Raises: AlreadyAMember; GroupingOver.
    """
    grouping = lock_open(grouping)
    _refuse_present(grouping, organisation=organisation, siren=organisation.party.siren)
    return GroupingMember.objects.create(
        grouping=grouping,
        organisation=organisation,
        member_type=member_type_of(code=organisation.legal_category, ess_status=organisation.ess_status),
        name=organisation.name,
        siren=organisation.party.siren,
        commune_code=organisation.commune_code,
        asked_at=at,
    )


@transaction.atomic
def add_outside_member(
    *,
    grouping: Grouping,
    member_type: MemberType,
    name: str,
    commune: str,
    signed_on: date | None,
    evidence: str,
    at: datetime,
    siren: str = "",
    deliberation: str = "",
    deliberated_on: date | None = None,
) -> GroupingMember:
    """Write a body that has no account here, and the paper it signed.

    Raises: AlreadyAMember; DeliberationOfAnAuthority; SirenNotValid; CommuneUnknown; CommuneAmbiguous; GroupingOver;
        SignatureNotProven: a date of signature without a paper.
    """
    grouping = lock_open(grouping)
    siren = read_siren(siren) if siren else ""
    if signed_on is not None and not evidence:
        raise SignatureNotProven(
            _("Une adhésion signée dit sur quelle pièce."),
            next_step=_("Nommez la pièce : « bulletin d’adhésion du 12 mars », par exemple."),
        )
    if bool(deliberation) != (deliberated_on is not None) or (deliberation and member_type != MemberType.AUTHORITY):
        raise DeliberationOfAnAuthority(
            _("Une délibération est celle d’une collectivité, avec son numéro et sa date."),
            next_step=_("Donnez les deux, ou laissez les deux champs vides."),
        )
    _refuse_present(grouping, siren=siren, name=name)
    return GroupingMember.objects.create(
        grouping=grouping,
        member_type=member_type,
        name=name,
        siren=siren,
        commune_code=settle_commune(commune).code,
        asked_at=at,
        signed_on=signed_on,
        evidence=evidence,
        deliberation=deliberation,
        deliberated_on=deliberated_on,
    )


class SignatureNotProven(RuleViolation):
    """A signature is a person's act here, or a paper that is named."""

    rule = "signature-not-proven"


@transaction.atomic
def sign_membership(*, member: GroupingMember, by: User, at: datetime) -> GroupingMember:
    """Sign an organisation's membership. Raises: NotALegalRepresentative; SignedAlready; HasLeftTheGrouping."""
    lock_open(member.grouping)
    member = GroupingMember.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=member.pk)
    _refuse_left(member)
    if member.signed_on is not None:
        raise SignedAlready(_("Cette adhésion est déjà signée."))
    if not Membership.objects.filter(
        organisation=member.organisation, user=by, is_legal_representative=True, left_on=None
    ).exists():
        raise NotALegalRepresentative(
            _("Seule une personne qui représente légalement « %(name)s » signe son adhésion.") % {"name": member.name},
            next_step=_("Elle la trouve dans son espace porteur, sous « Groupements »."),
        )
    member.signed_on, member.signed_by = clock.local(at).date(), by
    member.save(update_fields=["signed_on", "signed_by"])
    return member


@transaction.atomic
def leave_grouping(*, member: GroupingMember, at: datetime) -> GroupingMember:
    """End a membership today; its history stays. Raises: PivotMayNotLeave; HasLeftTheGrouping; GroupingOver."""
    grouping = lock_open(member.grouping)
    member = GroupingMember.objects.select_for_update().get(pk=member.pk)
    _refuse_left(member)
    if member.organisation_id == grouping.pivot_id:
        raise PivotMayNotLeave(
            _("« %(name)s » porte le groupement : elle n’en sort pas.") % {"name": member.name},
            next_step=_("Mettez fin au groupement, ou écrivez-nous pour changer de structure porteuse."),
        )
    on = clock.local(at).date()
    member.left_on = max(on, member.signed_on) if member.signed_on else on
    member.save(update_fields=["left_on"])
    return member


def _refuse_left(member: GroupingMember) -> None:
    if member.left_on is not None:
        raise HasLeftTheGrouping(_("« %(name)s » n’est plus membre du groupement.") % {"name": member.name})


def _refuse_present(
    grouping: Grouping, *, organisation: Organisation | None = None, siren: str = "", name: str = ""
) -> None:
    present = GroupingMember.objects.filter(grouping=grouping, left_on=None)
    if (
        (organisation is not None and present.filter(organisation=organisation).exists())
        or (siren and present.filter(siren=siren).exists())
        or (name and present.filter(name__iexact=name).exists())
    ):
        raise AlreadyAMember(_("Cette structure est déjà membre du groupement."))
