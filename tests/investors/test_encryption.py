import pytest
from cryptography.fernet import Fernet
from django.db import connection

from investors import encryption
from investors.models import Party
from tests.investors.factories import PartyFactory


def test_a_sealed_text_opens_and_two_seals_of_it_differ() -> None:
    first, second = encryption.encrypt("FR76 été"), encryption.encrypt("FR76 été")
    assert first != second
    assert encryption.decrypt(first) == encryption.decrypt(second) == "FR76 été"


def test_a_text_sealed_with_an_old_key_opens_after_a_new_key_is_put_in_front(settings) -> None:
    sealed, hashed = encryption.encrypt("secret"), encryption.keyed_hash("secret")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS]
    assert encryption.decrypt(sealed) == "secret"
    assert encryption.keyed_hash("secret") == hashed


def test_a_text_whose_key_is_lost_is_not_taken_for_an_empty_one(settings) -> None:
    sealed = encryption.encrypt("secret")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(encryption.UnreadableSecret):
        encryption.decrypt(sealed)


@pytest.mark.django_db
def test_the_database_and_the_audit_trail_hold_no_readable_account_number() -> None:
    party = PartyFactory(with_iban=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT iban FROM investors_party WHERE id = %s", [party.pk])
        (stored,) = cursor.fetchone()
        cursor.execute("SELECT iban FROM investors_partyevent WHERE pgh_obj_id = %s", [party.pk])
        trail = [row for (row,) in cursor.fetchall()]
    assert trail
    assert all("FR76" not in text for text in [stored, *trail])
    assert Party.objects.get(pk=party.pk).iban == party.iban


@pytest.mark.django_db
def test_an_encrypted_field_refuses_to_be_searched_and_its_hash_finds_it() -> None:
    party = PartyFactory(with_iban=True)
    with pytest.raises(TypeError, match="keyed hash"):
        Party.objects.filter(iban__contains="FR76").exists()
    assert Party.objects.get(iban_hash=encryption.keyed_hash(party.iban)) == party
