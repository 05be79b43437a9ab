-- Periodic audits: what was drawn, and what was found. That it was drawn and how it ended is in the ledger as well.

CREATE TABLE inspection (
  inspection_id uuid PRIMARY KEY,
  title         text NOT NULL,
  workflow_id   text NOT NULL,
  from_time     timestamptz NOT NULL,
  to_time       timestamptz NOT NULL,
  seed          text NOT NULL,
  -- Of each risk tier: how many were drawn, of how many.
  drawn         jsonb NOT NULL,
  drawn_by      text NOT NULL,
  drawn_at      timestamptz NOT NULL,
  signed_by     text,
  signed_at     timestamptz,
  statement     text
);

CREATE TABLE inspected_decision (
  inspection_id uuid   NOT NULL REFERENCES inspection,
  log_index     bigint NOT NULL,
  risk_tier     text   NOT NULL,
  finding       text CHECK (finding IN ('good', 'wanting')),
  note          text NOT NULL DEFAULT '',
  PRIMARY KEY (inspection_id, log_index)
);

GRANT SELECT, INSERT, UPDATE ON inspection, inspected_decision TO countersign_writer;
GRANT SELECT ON inspection, inspected_decision TO countersign_reader;
