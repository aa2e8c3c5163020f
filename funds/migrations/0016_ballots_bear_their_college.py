"""A ballot bears the college of the roll entry it comes from, written by the function that alone knows the link."""

from django.db import migrations

CAST = """
CREATE OR REPLACE FUNCTION funds_cast_ballot(the_entry bigint, the_choices jsonb, the_department text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE the_round bigint; the_college text; the_pseudonym uuid; the_rank integer;
BEGIN
    SELECT round_id, college INTO STRICT the_round, the_college
        FROM funds_rollentry WHERE id = the_entry FOR UPDATE;
    SELECT pseudonym INTO the_pseudonym FROM funds_ballotlink WHERE entry_id = the_entry;
    IF NOT FOUND THEN
        the_pseudonym := gen_random_uuid();
        INSERT INTO funds_ballotlink (entry_id, pseudonym) VALUES (the_entry, the_pseudonym);
    END IF;
    SELECT coalesce(max(rank), 0) + 1 INTO the_rank FROM funds_ballot WHERE pseudonym = the_pseudonym;
    INSERT INTO funds_ballot (id, round_id, pseudonym, rank, choices, college, department)
        VALUES (gen_random_uuid(), the_round, the_pseudonym, the_rank, the_choices, the_college, the_department);
    RETURN the_rank;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("funds", "0015_ballots_by_points_colleges_and_bundles")]

    operations = [migrations.RunSQL(CAST, migrations.RunSQL.noop)]
