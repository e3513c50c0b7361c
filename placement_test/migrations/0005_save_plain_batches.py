"""PostgreSQL: the function that saves plain batches of many sessions in one statement."""

from django.db import migrations

# One batch is plain where the session is open and in time, the page is the one that claimed last,
# its browser has the right, and its seqs go on where they ended: all but a few are.  Each is
# written exactly as ``saving.store`` writes it; of any other nothing is touched and no row comes
# back.  Each statement in here sees what was committed before the session's lock was taken.  A
# session that another transaction has locked is left out: it would hold up all the others.
CREATE = """
CREATE FUNCTION placement_test_save_plain(batches json, most_calls int, most_events int)
RETURNS TABLE (
    batch bigint, deadline_at timestamptz, allotted_seconds int, rev int, through int,
    superseded int[]
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    given record;
    held record;
    own record;
BEGIN
    FOR given IN
        SELECT * FROM ROWS FROM (json_to_recordset(batches) AS (
            session uuid, digest text, writer uuid, epoch int, first int, entries json,
            count int, arrived timestamptz, latest timestamptz, window_ bigint,
            pending int, storage text
        )) WITH ORDINALITY
    LOOP
        SELECT s.deadline_at, s.allotted_seconds, s.rev, s.contact_token_id INTO held
        FROM placement_test_studentsession s
        WHERE s.id = given.session AND s.state = 'open' AND s.paused_at IS NULL
            AND s.deadline_at >= given.latest AND s.epoch = given.epoch
            AND (s.limit_window <> given.window_ OR s.limit_calls < most_calls)
            AND s.event_count + given.count <= most_events
        FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;

        SELECT w.id AS writer_row, w.through, t.id AS token INTO own
        FROM placement_test_writer w
        JOIN placement_test_sessiontoken t ON t.id = w.token_id
        WHERE w.session_id = given.session AND w.writer = given.writer
            AND w.epoch = given.epoch AND w.through = w.last_seq
            AND (given.count = 0 OR w.last_seq = given.first - 1)
            AND t.digest = given.digest AND t.superseded_at IS NULL;
        CONTINUE WHEN NOT FOUND;

        through := own.through + given.count;
        superseded := NULL;
        IF given.count > 0 THEN
            WITH entry AS MATERIALIZED (
                SELECT * FROM json_to_recordset(given.entries) AS (
                    seq int, kind text, subject bigint, value text, at bigint,
                    status text, reason text, newest boolean
                )
            ),
            answered AS (
                INSERT INTO placement_test_studentanswer AS held
                    (session_id, part_id, value, epoch, seq, writer)
                SELECT given.session, subject, value, given.epoch, seq, given.writer
                FROM entry WHERE kind = 'answer' AND newest
                ON CONFLICT (session_id, part_id) DO UPDATE
                SET value = excluded.value, epoch = excluded.epoch, seq = excluded.seq,
                    writer = excluded.writer
                WHERE (excluded.epoch, excluded.seq, excluded.writer)
                    > (held.epoch, held.seq, held.writer)
                RETURNING 'answer' AS kind, part_id AS subject
            ),
            noted AS (
                INSERT INTO placement_test_runnerstate AS held
                    (session_id, kind, subject, value, epoch, seq, writer)
                SELECT given.session, kind, subject, value, given.epoch, seq, given.writer
                FROM entry WHERE kind <> 'answer' AND newest
                ON CONFLICT (session_id, kind, subject) DO UPDATE
                SET value = excluded.value, epoch = excluded.epoch, seq = excluded.seq,
                    writer = excluded.writer
                WHERE (excluded.epoch, excluded.seq, excluded.writer)
                    > (held.epoch, held.seq, held.writer)
                RETURNING kind, subject
            ),
            won AS (SELECT kind, subject FROM answered UNION ALL SELECT kind, subject FROM noted),
            logged AS (
                INSERT INTO placement_test_answerevent
                    (session_id, writer, seq, epoch, kind, subject, value, at_ms, received_at,
                     status, reason)
                SELECT given.session, given.writer, seq, given.epoch, kind, subject, value, at,
                    given.arrived,
                    CASE WHEN status = 'applied'
                        AND (kind, subject) NOT IN (SELECT kind, subject FROM won)
                        THEN 'superseded' ELSE status END,
                    reason
                FROM entry
                RETURNING seq, status
            )
            SELECT array_agg(seq) FILTER (WHERE status = 'superseded') INTO superseded FROM logged;

            UPDATE placement_test_writer
            SET through = own.through + given.count, last_seq = own.through + given.count
            WHERE id = own.writer_row;
        END IF;

        UPDATE placement_test_studentsession
        SET limit_calls = CASE WHEN limit_window = given.window_ THEN limit_calls + 1 ELSE 1 END,
            limit_window = given.window_,
            event_count = event_count + given.count,
            elsewhere_at = CASE WHEN contact_token_id <> own.token THEN last_contact_at
                ELSE elsewhere_at END,
            contact_token_id = own.token,
            last_contact_at = given.arrived,
            pending = given.pending,
            storage = given.storage
        WHERE id = given.session;

        batch := given.ordinality;
        deadline_at := held.deadline_at;
        allotted_seconds := held.allotted_seconds;
        rev := held.rev;
        RETURN NEXT;
    END LOOP;
END
$$
"""
DROP = "DROP FUNCTION placement_test_save_plain(json, int, int)"


def create(_apps, schema_editor):
    """Make the function where the database has functions."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE)


def drop(_apps, schema_editor):
    """Take it away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("placement_test", "0004_tokens_tickets_and_resume_codes")]

    operations = [migrations.RunPython(create, drop)]
