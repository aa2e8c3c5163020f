"""Two functions hold the link between the electoral roll and ballots; the application may call them, not read it."""

from django.db import migrations

CAST = """
CREATE FUNCTION funds_cast_ballot(the_entry bigint, the_choices jsonb, the_department text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE the_round bigint; the_pseudonym uuid; the_rank integer;
BEGIN
    SELECT round_id INTO STRICT the_round FROM funds_rollentry WHERE id = the_entry FOR UPDATE;
    SELECT pseudonym INTO the_pseudonym FROM funds_ballotlink WHERE entry_id = the_entry;
    IF NOT FOUND THEN
        the_pseudonym := gen_random_uuid();
        INSERT INTO funds_ballotlink (entry_id, pseudonym) VALUES (the_entry, the_pseudonym);
    END IF;
    SELECT coalesce(max(rank), 0) + 1 INTO the_rank FROM funds_ballot WHERE pseudonym = the_pseudonym;
    INSERT INTO funds_ballot (id, round_id, pseudonym, rank, choices, department)
        VALUES (gen_random_uuid(), the_round, the_pseudonym, the_rank, the_choices, the_department);
    RETURN the_rank;
END $$
"""
DESTROY = """
CREATE FUNCTION funds_destroy_ballot_links(the_round bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS (
        DELETE FROM funds_ballotlink link USING funds_rollentry entry
        WHERE entry.id = link.entry_id AND entry.round_id = the_round RETURNING 1
    ) SELECT count(*) FROM gone
$$
"""


class Migration(migrations.Migration):
    dependencies = [("funds", "0011_rounds_and_votes")]

    operations = [
        migrations.RunSQL(CAST, "DROP FUNCTION funds_cast_ballot(bigint, jsonb, text)"),
        migrations.RunSQL(DESTROY, "DROP FUNCTION funds_destroy_ballot_links(bigint)"),
    ]
