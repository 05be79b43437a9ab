-- The ledger: one row a record, its Merkle leaf beside it. Rows are only ever added.

CREATE TABLE ledger_log (
  log_id   text PRIMARY KEY,
  -- Rises each time a daemon takes the log over; a writer with an older one is refused.
  epoch    bigint NOT NULL DEFAULT 0,
  size     bigint NOT NULL DEFAULT 0,
  -- Heads of the complete subtrees that make up the tree, largest first, 32 bytes each.
  frontier bytea  NOT NULL DEFAULT ''
);

CREATE TABLE ledger_record (
  log_id        text        NOT NULL REFERENCES ledger_log,
  log_index     bigint      NOT NULL,
  event_id      uuid        NOT NULL,
  type          text        NOT NULL,
  occurred_at   timestamptz NOT NULL,
  recorded_at   timestamptz NOT NULL,
  workflow_id   text        NOT NULL,
  task_id       text        NOT NULL,
  -- Of the decision itself; for an outcome, of the AI decision it is about.
  decision_id   uuid,
  -- For a human decision, the AI decision it is about.
  reviews       uuid,
  actor_type    text        NOT NULL,
  actor_id      text        NOT NULL,
  action        text,
  -- Of the AI decision that the record is, or is about; null when that one is not known.
  model_name    text,
  model_version text,
  model_hash    text,
  label         text,
  confidence    double precision,
  route         text,
  risk_tier     text,
  breaker_epoch bigint,
  -- The exact bytes that were received or written.
  entry         bytea       NOT NULL,
  leaf_hash     bytea       NOT NULL,
  -- Ed25519 by the daemon's key over the entry; human decisions only.
  signature     bytea,
  -- Whether it is the human decision that settled the case it reviews.
  first_answer  boolean     NOT NULL,
  PRIMARY KEY (log_id, log_index)
);

-- Idempotence, and the audit page of one event.
CREATE UNIQUE INDEX ledger_record_event ON ledger_record (log_id, event_id);
-- A human decision or an outcome finds the AI decision it is about.
CREATE INDEX ledger_record_ai_decision ON ledger_record (log_id, decision_id) WHERE type = 'countersign.decision.ai.v1';
-- One answer a decision; whether there is one already.
CREATE UNIQUE INDEX ledger_record_first_answer ON ledger_record (log_id, reviews) WHERE first_answer;
-- Audit search by workflow, newest first; the history of a task.
CREATE INDEX ledger_record_workflow ON ledger_record (log_id, workflow_id, log_index);
CREATE INDEX ledger_record_task ON ledger_record (log_id, task_id, log_index);

-- Heads of complete subtrees of 256^level leaves, so that a proof reads hundreds of rows and not millions.
CREATE TABLE ledger_subtree (
  log_id        text     NOT NULL REFERENCES ledger_log,
  level         smallint NOT NULL,
  subtree_index bigint   NOT NULL,
  hash          bytea    NOT NULL,
  PRIMARY KEY (log_id, level, subtree_index)
);

CREATE TABLE ledger_checkpoint (
  log_id    text        NOT NULL REFERENCES ledger_log,
  size      bigint      NOT NULL,
  note      text        NOT NULL,
  signed_at timestamptz NOT NULL,
  PRIMARY KEY (log_id, size)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: the ledger is append-only', TG_OP, TG_TABLE_NAME;
END $$;

CREATE TRIGGER ledger_record_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_record
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_subtree_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_subtree
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
