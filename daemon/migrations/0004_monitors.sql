-- Monitors are a fold over the ledger: what they find is recorded with the record that made it so.

-- What of the workflow an alert is about, such as a feature or a reviewer; empty when it is the whole.
ALTER TABLE alert ADD COLUMN subject text NOT NULL DEFAULT '';
-- The record that moved it last: a movement that comes a second time, after a crash, is known by it.
ALTER TABLE alert ADD COLUMN at_index bigint NOT NULL DEFAULT -1;
DROP INDEX alert_open;
-- One open alert a signal.
CREATE UNIQUE INDEX alert_open ON alert (workflow_id, signal, subject, model_name, model_version)
  WHERE resolved_at IS NULL;
-- How a movement finds the last one of its signal.
CREATE INDEX alert_signal ON alert (workflow_id, signal, subject, model_name, model_version, at_index);

-- Nothing is lost: it is folded again.
DROP TABLE monitor_snapshot;
CREATE TABLE monitor_snapshot (
  log_id     text   COLLATE "C" PRIMARY KEY REFERENCES ledger_log,
  -- The state covers the records before this index.
  next_index bigint NOT NULL,
  -- The folds it was made under.
  made_under text   NOT NULL,
  -- JSON, never looked into: some megabytes with hundreds of models.
  state      text   NOT NULL
);
ALTER TABLE monitor_snapshot ALTER COLUMN state SET STORAGE EXTERNAL;
GRANT SELECT, INSERT, UPDATE, DELETE ON monitor_snapshot TO countersign_writer;

-- Policies are recorded with their text from here on.
DELETE FROM policy_in_force;

COMMENT ON COLUMN ledger_record.answers IS
  'The AI decision that this was the first to answer: a person who settled the case, which is signed, or an outcome.';
