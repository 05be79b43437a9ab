-- The ledger: a Merkle leaf for every record, for ever, and beside it the record itself, in partitions that retention may
-- drop. Rows are only ever added.

CREATE TABLE ledger_log (
  log_id   text COLLATE "C" PRIMARY KEY CHECK (log_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
  -- Rises each time a daemon takes the log over; a writer with an older one is refused.
  epoch    bigint NOT NULL DEFAULT 0,
  size     bigint NOT NULL DEFAULT 0,
  -- Heads of the complete subtrees that make up the tree, largest first, 32 bytes each.
  frontier bytea  NOT NULL DEFAULT ''
);

-- What proofs and idempotence need. It survives retention. No foreign key: a check a row would cost more than the row.
CREATE TABLE ledger_leaf (
  log_id    text COLLATE "C" NOT NULL,
  log_index bigint NOT NULL,
  event_id  uuid   NOT NULL,
  leaf_hash bytea  NOT NULL,
  PRIMARY KEY (log_id, log_index)
);
-- An event is recorded once; also how its page finds it.
CREATE UNIQUE INDEX ledger_leaf_event ON ledger_leaf (log_id, event_id);

CREATE TABLE ledger_record (
  log_id      text COLLATE "C" NOT NULL,
  log_index   bigint      NOT NULL,
  recorded_at timestamptz NOT NULL,
  -- The position on the JetStream stream; null for what the daemon wrote itself.
  stream_sequence bigint,
  -- Of an AI decision.
  decision_id uuid,
  -- The AI decision that a human decision settled: only the first answer has it.
  answers     uuid,
  -- The AI decision that a human decision or an outcome is about; null when the ledger has not seen it.
  about       jsonb,
  -- What the leaf was hashed from: the exact bytes received or written, or, for more than 65,535 of them, their hash.
  entry       bytea       NOT NULL,
  -- The exact bytes, when they were too many for an entry.
  body        bytea,
  -- Ed25519 over the entry, after the 4 bytes that name the key; human decisions only.
  signature   bytea,
  PRIMARY KEY (log_id, log_index)
) PARTITION BY RANGE (log_id, log_index);

-- A human decision or an outcome finds the AI decision it is about.
CREATE INDEX ledger_record_decision ON ledger_record (log_id, decision_id) WHERE decision_id IS NOT NULL;
-- Whether a case has its answer.
CREATE INDEX ledger_record_answers ON ledger_record (log_id, answers) WHERE answers IS NOT NULL;

-- The partitions of ledger_record: [first_index, end_index), both multiples of 16,384.
CREATE TABLE ledger_partition (
  log_id      text COLLATE "C" NOT NULL REFERENCES ledger_log,
  first_index bigint NOT NULL,
  end_index   bigint NOT NULL,
  added_at    timestamptz NOT NULL,
  -- The record that says that its records are dropped, and when they were.
  retention_index bigint,
  dropped_at  timestamptz,
  PRIMARY KEY (log_id, first_index),
  CHECK (first_index % 16384 = 0 AND end_index % 16384 = 0 AND end_index > first_index)
);

-- Heads of complete subtrees of 256^level leaves: the hash tiles above the leaves, and short ways for proofs.
CREATE TABLE ledger_subtree (
  log_id        text COLLATE "C" NOT NULL,
  level         smallint NOT NULL,
  subtree_index bigint   NOT NULL,
  hash          bytea    NOT NULL,
  PRIMARY KEY (log_id, level, subtree_index)
);

CREATE TABLE ledger_checkpoint (
  log_id    text COLLATE "C" NOT NULL REFERENCES ledger_log,
  size      bigint      NOT NULL,
  note      text        NOT NULL,
  signed_at timestamptz NOT NULL,
  PRIMARY KEY (log_id, size)
);

-- The keys that the log was signed with, each from its record on.
CREATE TABLE ledger_key (
  log_id       text COLLATE "C" NOT NULL,
  log_index    bigint NOT NULL,
  verifier_key text   NOT NULL,
  -- The record's bytes, which retention may drop with the record.
  entry        bytea  NOT NULL,
  PRIMARY KEY (log_id, log_index)
);

-- The size of the newest checkpoint, for compare-and-swap, and of the newest that everyone may see.
CREATE TABLE ledger_tip (
  log_id text COLLATE "C" PRIMARY KEY REFERENCES ledger_log,
  size   bigint NOT NULL,
  published bigint NOT NULL DEFAULT 0
);

-- What witnesses say of checkpoints: signature lines of C2SP tlog-cosignature.
CREATE TABLE ledger_cosignature (
  log_id  text COLLATE "C" NOT NULL,
  size    bigint NOT NULL,
  -- Its verifier key.
  witness text   NOT NULL,
  line    text   NOT NULL,
  PRIMARY KEY (log_id, size, witness),
  FOREIGN KEY (log_id, size) REFERENCES ledger_checkpoint
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: the ledger is append-only', TG_OP, TG_TABLE_NAME;
END $$;

-- What was signed for and what was shown does not become less.
CREATE FUNCTION refuse_less() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.size < OLD.size OR NEW.published < OLD.published THEN
    RAISE EXCEPTION 'the newest checkpoint does not go back from % to %', OLD.size, NEW.size;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER forward BEFORE UPDATE ON ledger_tip FOR EACH ROW EXECUTE FUNCTION refuse_less();

CREATE FUNCTION make_append_only(relation regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format(
    'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
     FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', relation);
END $$;
REVOKE ALL ON FUNCTION make_append_only FROM PUBLIC;

SELECT make_append_only('ledger_leaf'), make_append_only('ledger_record'), make_append_only('ledger_subtree'),
       make_append_only('ledger_checkpoint'), make_append_only('ledger_cosignature'), make_append_only('ledger_key');

-- Adds the next partition of a log. The writer may call it and may create nothing else. Attached and not created in place,
-- so that readers of the other partitions are not waited for. The temporary schema is searched last: the writer may put
-- tables of the same names there.
CREATE FUNCTION ledger_add_partition(log text, size bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first bigint;
  partition text;
BEGIN
  SELECT coalesce(max(end_index), 0) INTO first FROM ledger_partition WHERE log_id = log;
  partition := format('ledger_record_%s_%s', log, first);
  EXECUTE format('CREATE TABLE %I (LIKE ledger_record INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
  EXECUTE format('ALTER TABLE ledger_record ATTACH PARTITION %I FOR VALUES FROM (%L, %s) TO (%L, %s)',
    partition, log, first, log, first + size);
  PERFORM make_append_only(format('%I', partition)::regclass);
  INSERT INTO ledger_partition (log_id, first_index, end_index, added_at) VALUES (log, first, first + size, at);
  RETURN first + size;
END $$;
REVOKE ALL ON FUNCTION ledger_add_partition FROM PUBLIC;

-- The search index, which may be made anew: segments of 16,384 records, each once it is full. Derived from the records.
CREATE TABLE ledger_segment (
  log_id      text COLLATE "C" NOT NULL,
  first_index bigint NOT NULL,
  -- When the events of its records happened: the earliest, the latest, and each in seconds after the earliest (4 bytes).
  first_time  bigint NOT NULL,
  last_time   bigint NOT NULL,
  times       bytea  NOT NULL,
  -- Those with more words than are indexed, by their places in the segment.
  overflowing smallint[] NOT NULL,
  PRIMARY KEY (log_id, first_index)
);
CREATE TABLE ledger_posting (
  log_id      text COLLATE "C" NOT NULL,
  bucket      smallint NOT NULL,
  first_index bigint   NOT NULL,
  postings    bytea    NOT NULL,
  -- A search reads one bucket over many segments.
  PRIMARY KEY (log_id, bucket, first_index)
);
-- Drops the records of a partition, when a retention record of the log says so: the daemon cannot drop what it has not put
-- on record. The leaves stay.
CREATE FUNCTION ledger_drop_records(log text, first bigint, retention_index bigint, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $$
DECLARE
  partition ledger_partition;
  event jsonb;
BEGIN
  SELECT * INTO STRICT partition FROM ledger_partition WHERE log_id = log AND first_index = first;
  -- A record that the log has appended, and not one that was only put into the table.
  SELECT convert_from(r.entry, 'UTF8')::jsonb INTO STRICT event
    FROM ledger_record r JOIN ledger_leaf l USING (log_id, log_index) JOIN ledger_log g USING (log_id)
    WHERE r.log_id = log AND r.log_index = retention_index AND r.log_index < g.size
      AND l.leaf_hash = sha256('\x00'::bytea || r.entry);
  IF event ->> 'type' <> 'countersign.retention.v1' OR event #>> '{data,what}' <> 'records_dropped'
     OR (event #>> '{data,first}')::bigint > partition.first_index
     OR (event #>> '{data,end}')::bigint < partition.end_index
     OR retention_index < partition.end_index THEN
    RAISE EXCEPTION 'record % of log % does not say that records % to % are dropped',
      retention_index, log, partition.first_index, partition.end_index - 1;
  END IF;
  IF partition.dropped_at IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('DROP TABLE %I', format('ledger_record_%s_%s', log, partition.first_index));
  DELETE FROM ledger_posting WHERE log_id = log AND first_index >= partition.first_index AND first_index < partition.end_index;
  DELETE FROM ledger_segment WHERE log_id = log AND first_index >= partition.first_index AND first_index < partition.end_index;
  UPDATE ledger_partition SET dropped_at = at WHERE log_id = log AND first_index = partition.first_index;
END $$;
REVOKE ALL ON FUNCTION ledger_drop_records FROM PUBLIC;

-- An event as JSON; null for one that PostgreSQL cannot hold as jsonb, which is stricter than JSON.
CREATE FUNCTION ledger_event(bytes bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN convert_from(bytes, 'UTF8')::jsonb;
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;
-- A time as it was written; null for one that is none.
CREATE FUNCTION ledger_time(written text) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
  RETURN written::timestamptz;
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;

-- The audit records, for those who ask in SQL.
CREATE VIEW audit_record AS
SELECT r.log_id, r.log_index, l.event_id, e.event ->> 'type' AS type,
  ledger_time(e.event ->> 'time') AS timestamp,
  e.event #>> '{data,workflow_id}' AS workflow_id,
  e.event ->> 'subject' AS task_id,
  coalesce(e.event #>> '{data,model,version}', r.about #>> '{model,version}') AS model_version,
  coalesce(e.event #>> '{data,model,hash}', r.about #>> '{model,hash}') AS model_hash,
  e.event #> '{data,input_snapshot}' AS input_snapshot,
  e.event #> '{data,output}' AS model_output,
  CASE e.event ->> 'type' WHEN 'countersign.decision.ai.v1' THEN 'ai' WHEN 'countersign.decision.human.v1' THEN 'human'
    WHEN 'countersign.outcome.v1' THEN 'service' ELSE 'daemon' END AS actor_type,
  e.event #>> '{data,action}' AS decision_action,
  e.event #>> '{data,justification}' AS justification,
  r.signature IS NOT NULL AS signed,
  l.leaf_hash, r.recorded_at, e.event
FROM ledger_record r
JOIN ledger_leaf l USING (log_id, log_index)
CROSS JOIN LATERAL (SELECT ledger_event(coalesce(r.body, r.entry)) AS event) e;

GRANT SELECT, INSERT ON ledger_log, ledger_leaf, ledger_record, ledger_subtree, ledger_checkpoint, ledger_segment,
  ledger_posting TO countersign_writer;
GRANT UPDATE (epoch, size, frontier) ON ledger_log TO countersign_writer;
GRANT SELECT, INSERT ON ledger_cosignature, ledger_key TO countersign_writer;
GRANT SELECT, INSERT, UPDATE (size, published) ON ledger_tip TO countersign_writer;
GRANT SELECT ON ledger_tip, ledger_cosignature, ledger_key TO countersign_reader;
GRANT SELECT ON ledger_partition, audit_record TO countersign_writer;
GRANT UPDATE (retention_index) ON ledger_partition TO countersign_writer;
GRANT EXECUTE ON FUNCTION ledger_add_partition, ledger_drop_records TO countersign_writer;
GRANT SELECT ON ledger_log, ledger_leaf, ledger_record, ledger_partition, ledger_subtree, ledger_checkpoint,
  ledger_segment, ledger_posting, audit_record
  TO countersign_reader;
