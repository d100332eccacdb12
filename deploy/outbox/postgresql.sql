-- An outbox for Lull in PostgreSQL 11 or newer. Proven by tests/e2e/outbox.test.mjs; explained in docs/sources.md.
--   psql -v ON_ERROR_STOP=1 -f postgresql.sql <database>

-- Rows are written in the publisher's own transaction, and Lull removes them when their events are durable. Where ids of
-- items are texts, make item_id and base_id text: numbers stay numbers in notifications, and texts stay texts.
-- In another schema than public: replace "public" in this file, and name the schema in Table of the source.
CREATE TABLE public.lull_outbox (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_type     text NOT NULL,
  item_id        bigint NOT NULL,
  base_id        bigint NOT NULL,
  occurred_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  data           jsonb,
  operation      text CHECK (operation IN ('create', 'update', 'delete')),
  scope          text,
  changed_fields text, -- a JSON list of names, or names with commas between them
  traceparent    text,
  written_at     timestamptz NOT NULL DEFAULT now(),
  error          text  -- written by Lull: why the row is no event. Set it to null when the row is corrected.
);

-- What Lull's user needs, and no more:
--   CREATE ROLE lull LOGIN PASSWORD '…';
--   GRANT USAGE ON SCHEMA public TO lull;
--   GRANT SELECT, DELETE, UPDATE (error) ON public.lull_outbox TO lull;
-- (FOR UPDATE asks for the right to update at least one column.)

-- Tells Lull of every change of a table. Arguments: the event types of an insert, an update and a delete ('' tells of
-- none), the column with the item's id, the one with its base's id (where that is null, the item is its own base), and
-- optionally one with its scope. Data beyond 64 KiB and more than 200 changed fields are left out: Lull would refuse the row.
--
--   CREATE TRIGGER tell_lull AFTER INSERT OR UPDATE OR DELETE ON asset
--     FOR EACH ROW EXECUTE FUNCTION lull_tell('AssetCreated', 'AssetMetadataUpdated', 'AssetDeleted', 'id', 'folder_id');
--
-- It writes with the rights of its owner, so those who change the table need none on the outbox. Who creates a trigger
-- with it needs: GRANT EXECUTE ON FUNCTION public.lull_tell() TO …;
CREATE FUNCTION public.lull_tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  after  jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  told   jsonb := COALESCE(after, before);
  type   text  := TG_ARGV[CASE TG_OP WHEN 'INSERT' THEN 0 WHEN 'UPDATE' THEN 1 ELSE 2 END];
  item   text  := told ->> TG_ARGV[3];
  fields jsonb;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    SELECT jsonb_agg(key ORDER BY key) INTO fields FROM jsonb_each(after) WHERE value IS DISTINCT FROM before -> key;
    IF fields IS NULL THEN RETURN NULL; END IF; -- nothing has changed
    IF jsonb_array_length(fields) > 200 THEN fields := NULL; END IF;
  END IF;
  IF type <> '' THEN
    INSERT INTO public.lull_outbox (event_type, item_id, base_id, data, operation, scope, changed_fields)
    VALUES (type, item::bigint, COALESCE(told ->> TG_ARGV[4], item)::bigint,
            CASE WHEN octet_length(told::text) <= 65536 THEN told END,
            CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'update' ELSE 'delete' END,
            CASE WHEN TG_NARGS > 5 THEN told ->> TG_ARGV[5] END, fields::text);
  END IF;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION public.lull_tell() FROM PUBLIC;
