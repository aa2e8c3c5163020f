"""People for tests: nothing random, every value says where it comes from."""

from datetime import UTC, date, datetime

import factory

from investors.models import EntryAssessment, LossSimulation, Party, RoleGrant, TaxResidence, User

PASSWORD = "un mot de passe de test"


class UserFactory(factory.django.DjangoModelFactory):
    """An account with a verified address. `UserFactory(password="…")` sets a password."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"personne{n}@exemple.invalid")
    display_name = factory.Sequence(lambda n: f"Personne {n}")
    created_at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    @factory.post_generation
    def password(user, create, extracted, **kwargs):
        user.set_password(extracted or PASSWORD)
        if create:
            user.save(update_fields=["password"])

    @factory.post_generation
    def verified_email(user, create, extracted, **kwargs):
        from allauth.account.models import EmailAddress

        if create and extracted is not False:
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


class PartyFactory(factory.django.DjangoModelFactory):
    """A person with a complete profile; `legal=True` a legal person; `with_iban=True` a verified account.

    They may lend: the questionnaire passed, the simulation withheld. `ready=False`: neither was done.
    """

    class Meta:
        model = Party
        skip_postgeneration_save = True

    class Params:
        legal = factory.Trait(
            kind=Party.Kind.LEGAL,
            number=factory.Sequence(lambda n: f"P9{n:05d}"),
            user=None,
            family_name="",
            given_names="",
            birth_date=None,
            birth_place="",
            birth_country="",
            legal_name=factory.Sequence(lambda n: f"Coopérative {n}"),
            legal_form="SCIC SA",
            siren=factory.Sequence(lambda n: f"{900000000 + n}"),
            email=factory.Sequence(lambda n: f"contact{n}@cooperative.invalid"),
        )
        with_iban = factory.Trait(
            iban="FR7630006000011234567890189",
            iban_hash=factory.LazyAttribute(lambda party: _hash(party.iban)),
            iban_holder=factory.LazyAttribute(
                lambda party: party.legal_name or f"{party.given_names} {party.family_name}"
            ),
            iban_verified_at=datetime(2026, 1, 6, 9, 0, tzinfo=UTC),
        )

    number = factory.Sequence(lambda n: f"S9{n:05d}")
    kind = Party.Kind.PERSON
    user = factory.SubFactory(UserFactory)
    family_name = factory.Sequence(lambda n: f"Martin{n}")
    given_names = "Camille"
    birth_date = date(1980, 5, 17)
    birth_place = "Lens"
    birth_country = "FR"
    address_line = "12 rue de la Gare"
    postal_code = "62300"
    city = "Lens"
    commune_code = "62498"
    country = "FR"
    email = factory.LazyAttribute(lambda party: party.user.email if party.user else "")
    kyc_verified_at = datetime(2026, 1, 6, 9, 0, tzinfo=UTC)
    screened_at = datetime(2026, 1, 6, 9, 0, tzinfo=UTC)
    created_at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    @factory.post_generation
    def ready(party, create, extracted, **kwargs):
        if create and extracted is not False and party.user is not None:
            EntryAssessmentFactory(party=party)
            LossSimulationFactory(party=party)


class EntryAssessmentFactory(factory.django.DjangoModelFactory):
    """A questionnaire passed, in force for as long as any test looks. Traits: `failed`, `refused`."""

    class Meta:
        model = EntryAssessment

    class Params:
        failed = factory.Trait(outcome="INSUFFICIENT", score=3)
        refused = factory.Trait(outcome="REFUSED", score=None, out_of=None)

    party = factory.SubFactory(PartyFactory, ready=False)
    by = factory.SelfAttribute("party.user")
    version = "2026-11"
    outcome = "PASSED"
    score = 10
    out_of = 10
    taken_at = datetime(2026, 1, 7, 9, 0, tzinfo=UTC)
    expires_on = date(2040, 1, 7)


class LossSimulationFactory(factory.django.DjangoModelFactory):
    """A simulation whose result was withheld; give `is_sent`, `result` and `reference_date` together."""

    class Meta:
        model = LossSimulation

    party = factory.SubFactory(PartyFactory, ready=False)
    by = factory.SelfAttribute("party.user")
    is_sent = False
    tool_version = "2026-11"
    made_at = datetime(2026, 1, 7, 9, 0, tzinfo=UTC)
    expires_on = date(2040, 1, 7)


class TaxResidenceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TaxResidence

    party = factory.SubFactory(PartyFactory)
    country = "FR"
    valid_from = date(2020, 1, 1)
    declared_at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class RoleGrantFactory(factory.django.DjangoModelFactory):
    """`RoleGrantFactory(role=Role.TREASURER)`: everywhere; give `scope_kind` and `scope_uuid` together."""

    class Meta:
        model = RoleGrant

    user = factory.SubFactory(UserFactory)
    role = "manager"
    valid_from = date(2020, 1, 1)


def _hash(text: str) -> str:
    from investors.encryption import keyed_hash

    return keyed_hash(text)
