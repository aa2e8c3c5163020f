"""Founding the region: legal entities, the fund, accounts of people, organisations, projects and their labels."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from pathlib import Path

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import transaction

from fres.kernel import clock
from fres.kernel.access import Role
from funds.chart import Purpose
from funds.demonstration import cast
from funds.ledger import Line, account_for, post_entry
from funds.models import Fund, LegalEntity, ReceiptEligibility, ReceiptMandate
from investors.models import Party, Representation, User
from investors.parties import Identity, declare_tax_residence, next_party_numbers, save_profile
from investors.roles import grant_role
from projects.labels.loading import DEMONSTRATION as LOCAL_LABEL
from projects.labels.loading import load_local_label
from projects.models import Award, Membership, Organisation, Project

FOUNDED = datetime(2024, 1, 8, 9, 0, tzinfo=clock.PARIS)
CAPITAL_CENTS = 5_000_000
PROVIDER_ADVANCE_CENTS = CAPITAL_CENTS // 10  # our own money at the provider: its fees are taken from it


@dataclass(frozen=True)
class Region:
    """What the story needs at hand."""

    operator: LegalEntity
    fund: Fund
    manager: User
    treasurer: User
    second_treasurer: User


def totp_secret(email: str) -> str:
    """Return the second-factor secret of a demonstration account: the same at each run, worthless elsewhere."""
    return base64.b32encode(hashlib.sha256(f"fres demonstration {email}".encode()).digest()[:20]).decode()


def current_code(email: str) -> str:
    """Return the six figures an authenticator would show now for a demonstration account."""
    around = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(totp_secret(email), around[len(around) // 2]))


def found_region(*, at: datetime) -> Region:
    """Make everything that stands before the first offer. Raises IntegrityError if the region exists already."""
    call_command("load_parameters", stdout=StringIO())
    call_command("load_labels", stdout=StringIO())
    call_command("load_territories", "--missing", stdout=StringIO())
    call_command("load_indicators", stdout=StringIO())
    people = {member.email: _account(member.email, member.name, at=at) for member in (*cast.STAFF, *cast.OUTSIDERS)}
    operator = make_entity(cast.OPERATOR, LegalEntity.Role.OPERATOR, LegalEntity.Chart.PCG, at=at)
    carrier = make_entity(cast.CARRIER, LegalEntity.Role.FUND, LegalEntity.Chart.ASSOCIATION, at=at)
    fund = Fund.objects.create(
        entity=carrier,
        operator=operator,
        name=cast.FUND_NAME,
        region_code=cast.REGION,
        accepted_labels=[f"{cast.FUND_LABEL}@{cast.FUND_LABEL_VERSION}"],
    )
    load_local_label(path=LOCAL_LABEL, fund_uuid=fund.uuid)
    administrator = people["administration@fres.example"]
    for member in cast.STAFF:
        grant_role(user=people[member.email], role=member.role, by=administrator, on=at.date())
        _second_factor(people[member.email])
    for member in cast.OUTSIDERS:
        grant_role(user=people[member.email], role=member.role, by=administrator, on=at.date())
    post_capital(operator, at=at)
    for company in cast.ORGANISATIONS:
        make_organisation(company, operator=operator, evaluator=people["label@fres.example"], at=at)
    return _region(fund)


def find_region() -> Region | None:
    """Return the region, once founded."""
    fund = Fund.objects.filter(name=cast.FUND_NAME).select_related("operator").first()
    return _region(fund) if fund else None


def found_without_story(*, today: datetime) -> Region:
    """Found the region with nothing lived in it, the clock at `today`; one that is there is kept, with its clock."""
    region = find_region()
    if region is None:
        with transaction.atomic(), clock.freeze(FOUNDED):
            region = found_region(at=FOUNDED)
    if not Path(settings.CLOCK_FILE).exists():
        clock.move(to=today)
    return region


def _region(fund: Fund) -> Region:
    staff = {user.email: user for user in User.objects.filter(email__in=[member.email for member in cast.STAFF])}
    return Region(
        operator=fund.operator,
        fund=fund,
        manager=staff["gestion@fres.example"],
        treasurer=staff["tresorerie@fres.example"],
        second_treasurer=staff["tresorerie.deux@fres.example"],
    )


def make_project(card: cast.ProjectCard, *, evaluator: User, at: datetime) -> tuple[Project, Award]:
    """Make a project and the label it holds, for three years from the day."""
    organisation = Organisation.objects.get(party__siren=card.holder.siren)
    project = Project.objects.create(
        slug=card.slug,
        organisation=organisation,
        title=card.title,
        summary=card.summary,
        purpose=card.purpose,
        theme=card.theme,
        commune_code=card.place.commune,
        nace_code=card.nace_code,
        nace_version="2",
    )
    day = clock.local(at).date()
    award = Award.objects.create(
        subject_type=Award.Subject.PROJECT,
        subject_uuid=project.uuid,
        subject_name=project.title,
        commune_code=project.commune_code,
        label=cast.FUND_LABEL,
        label_version=cast.FUND_LABEL_VERSION,
        valid_from=day,
        valid_to=day.replace(year=day.year + 3, day=min(day.day, 28)),
        decided_by=evaluator,
        decided_at=at,
    )
    return project, award


def make_saver(card: cast.SaverCard, *, at: datetime) -> Party:
    """Make a saver's account, identity and tax residence."""
    user = _account(card.email, f"{card.given_names} {card.family_name}", at=at)
    party = save_profile(
        user=user,
        identity=Identity(
            given_names=card.given_names,
            family_name=card.family_name,
            birth_date=card.birth_date,
            birth_place=card.place.city,
            birth_country="FR",
            address_line=card.address,
            postal_code=card.place.postal_code,
            city=card.place.city,
            commune_code=card.place.commune,
            country="FR",
        ),
        at=at,
    )
    declare_tax_residence(party=party, country="FR", tax_identifier="", at=at)
    Party.objects.filter(pk=party.pk).update(kyc_verified_at=at, screened_at=at)
    party.refresh_from_db()
    return party


def make_member(email: str, name: str, *, at: datetime) -> User:
    """Make the account of somebody who will work on the site, with the second factor that the staff needs."""
    user = _account(email, name, at=at)
    _second_factor(user)
    return user


def give_second_factor(user: User) -> None:
    """Give an account the second factor that comes with a staff role; one that has it keeps it."""
    if not Authenticator.objects.filter(user=user).exists():
        _second_factor(user)


def make_saving_organisation(company: cast.Company, *, at: datetime) -> Party:
    """Make an organisation that saves, and the account of the person who represents it."""
    party = _legal_party(company, email=company.holder_email, at=at)
    declare_tax_residence(party=party, country="FR", tax_identifier="", at=at)
    Representation.objects.create(
        party=party,
        user=_account(company.holder_email, company.holder_name, at=at),
        role=Representation.Capacity.LEGAL_REPRESENTATIVE,
        valid_from=clock.local(at).date(),
    )
    return party


def make_person(email: str, name: str, *, at: datetime) -> User:
    """Make the account of somebody who works in an organisation."""
    return _account(email, name, at=at)


# Hashing a password takes longer than all the rest of an account; every demonstration account has the same one.
_hashed_password: list[str] = []


def _account(email: str, name: str, *, at: datetime) -> User:
    if not _hashed_password:
        _hashed_password.append(make_password(cast.PASSWORD))
    user = User.objects.create(email=email, display_name=name, password=_hashed_password[0], created_at=at)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def _second_factor(user: User) -> None:
    TOTP.activate(user, totp_secret(user.email))
    RecoveryCodes.activate(user)


def _legal_party(company: cast.Company, *, email: str, at: datetime) -> Party:
    return Party.objects.create(
        number=next_party_numbers(Party.Kind.LEGAL)[0],
        kind=Party.Kind.LEGAL,
        legal_name=company.name,
        legal_form=company.legal_form,
        siren=company.siren,
        lei=company.lei,
        address_line=company.address,
        postal_code=company.place.postal_code,
        city=company.place.city,
        commune_code=company.place.commune,
        country="FR",
        email=email,
        kyc_verified_at=at,
        screened_at=at,
        created_at=at,
    )


def make_entity(
    company: cast.Company, role: LegalEntity.Role, chart: LegalEntity.Chart, *, at: datetime
) -> LegalEntity:
    """Make an entity that keeps books."""
    party = _legal_party(company, email="contact@fres.example", at=at)
    return LegalEntity.objects.create(
        party=party, role=role, name=company.name, siren=company.siren, lei=company.lei, chart=chart
    )


def post_capital(operator: LegalEntity, *, at: datetime) -> None:
    """Post the capital of an operator, and its advance at the payment provider."""
    day = clock.local(at).date()
    post_entry(
        entity=operator,
        journal="BQ",
        key="demonstration:capital",
        transfers=[
            Line(account_for(operator, Purpose.BANK), account_for(operator, Purpose.CAPITAL), CAPITAL_CENTS),
            Line(account_for(operator, Purpose.PROVIDER), account_for(operator, Purpose.BANK), PROVIDER_ADVANCE_CENTS),
        ],
        accounting_date=day,
        value_date=day,
        label="Capital versé, avance au prestataire de paiement",
        piece_ref="PV constitution",
        piece_date=day,
        source=("demonstration", None),
        at=at,
    )


def make_organisation(company: cast.Company, *, operator: LegalEntity, evaluator: User, at: datetime) -> Organisation:
    """Make an organisation that carries projects, and the account of who represents it."""
    day: date = clock.local(at).date()
    party = _legal_party(company, email=company.holder_email, at=at)
    organisation = Organisation.objects.create(
        party=party,
        slug=company.siren,
        name=company.name,
        purpose=company.purpose,
        commune_code=company.place.commune,
        is_listed=True,
        **cast.FORMS.get(company.siren, {}),
    )
    holder = _account(company.holder_email, company.holder_name, at=at)
    Membership.objects.create(organisation=organisation, user=holder, is_legal_representative=True, joined_on=day)
    grant_role(user=holder, role=Role.HOLDER, by=None, on=day, scope_kind="organisation", scope_uuid=organisation.uuid)
    if company is cast.ENDOWMENT:
        ReceiptEligibility.objects.create(
            party=party,
            article=ReceiptEligibility.Article.CGI_200,
            category="Fonds de dotation",
            purpose=company.purpose,
            evidence="Déclaration signée du 8 janvier 2024 ; rescrit de démonstration",
            valid_from=day,
        )
        ReceiptMandate.objects.create(party=party, operator=operator, signatory=company.holder_name, signed_on=day)
    return organisation
