"""One sequence gives the numbers of persons and legal persons; it belongs to the column and goes with it."""

from django.db import migrations

CREATE = """
CREATE SEQUENCE investors_party_number AS bigint START 1;
ALTER SEQUENCE investors_party_number OWNED BY investors_party.number;
"""


class Migration(migrations.Migration):
    dependencies = [("investors", "0001_accounts_and_parties")]

    operations = [migrations.RunSQL(CREATE, "DROP SEQUENCE investors_party_number")]
