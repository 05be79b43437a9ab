-- Three roles that nobody logs in as: the owner holds the schema, the writer is what a daemon acts as, the reader is for
-- auditors and backups. They belong to the whole server, so another database of it may have made them already.

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['countersign_owner', 'countersign_writer', 'countersign_reader'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
  -- The migrations after this one run as the owner. Who has made a role may grant it, and is no member of it yet.
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT countersign_owner TO %I', current_user);
  END IF;
END $$;

GRANT CREATE, USAGE ON SCHEMA public TO countersign_owner;
GRANT USAGE ON SCHEMA public TO countersign_writer, countersign_reader;
GRANT SELECT ON schema_migration TO countersign_writer, countersign_reader;
