-- What the daemon derives from the ledger and acts on: monitors, alerts, breakers, reviews, models.

CREATE TABLE monitor_snapshot (
  log_id     text   COLLATE "C" PRIMARY KEY REFERENCES ledger_log,
  -- The state covers the records before this index.
  next_index bigint NOT NULL,
  -- The folds and policies it was made under.
  made_under text   NOT NULL,
  state      jsonb  NOT NULL
);

CREATE TABLE policy_in_force (
  log_id      text COLLATE "C" NOT NULL REFERENCES ledger_log,
  workflow_id text NOT NULL,
  hash        text NOT NULL,
  PRIMARY KEY (log_id, workflow_id)
);

CREATE TABLE alert (
  alert_id      uuid PRIMARY KEY,
  workflow_id   text NOT NULL,
  signal        text NOT NULL,
  model_name    text NOT NULL,
  model_version text NOT NULL,
  tier          text,
  highest_tier  text NOT NULL,
  summary       text NOT NULL,
  evidence      jsonb NOT NULL,
  opened_at     timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  resolved_at   timestamptz
);
-- One open alert a signal; also how a signal finds it.
CREATE UNIQUE INDEX alert_open ON alert (workflow_id, signal, model_name, model_version) WHERE resolved_at IS NULL;

CREATE TABLE authority (
  workflow_id text PRIMARY KEY,
  -- Rises with every change of a breaker or a model version of the workflow.
  epoch       bigint NOT NULL DEFAULT 0
);

CREATE TABLE breaker (
  breaker_id  uuid PRIMARY KEY,
  workflow_id text NOT NULL REFERENCES authority,
  model_name  text NOT NULL,
  risk_tier   text,
  state       jsonb NOT NULL,
  since       timestamptz NOT NULL,
  changed_by  text NOT NULL,
  reason      text NOT NULL,
  UNIQUE NULLS NOT DISTINCT (workflow_id, model_name, risk_tier)
);

CREATE TABLE model_version (
  workflow_id    text NOT NULL,
  model_name     text NOT NULL,
  version        text NOT NULL,
  hash           text NOT NULL,
  first_seen_at  timestamptz NOT NULL,
  rolled_back_at timestamptz,
  -- The version that took its place.
  restores       text,
  PRIMARY KEY (workflow_id, model_name, version)
);

CREATE TABLE review_case (
  -- The AI decision under review.
  decision_id    uuid PRIMARY KEY,
  workflow_id    text NOT NULL,
  task_id        text NOT NULL,
  title          text NOT NULL,
  reason         text NOT NULL,
  priority       text NOT NULL,
  risk_tier      text NOT NULL,
  model_name     text NOT NULL,
  model_version  text NOT NULL,
  proposed_action text NOT NULL,
  label          text,
  confidence     double precision NOT NULL,
  executed       boolean NOT NULL,
  ai_event_id    uuid NOT NULL,
  evidence_hash  text NOT NULL,
  queued_at      timestamptz NOT NULL,
  due_at         timestamptz NOT NULL,
  version        integer NOT NULL DEFAULT 1,
  lease_epoch    integer NOT NULL DEFAULT 0,
  claimed_by     text,
  lease_until    timestamptz,
  decided_by     text,
  decided_action text,
  decided_at     timestamptz
);
-- The queue: what is undecided, by priority and due time.
CREATE INDEX review_case_queue ON review_case (priority, due_at, decision_id) WHERE decided_at IS NULL;

CREATE TABLE review_decision (
  idempotency_key uuid PRIMARY KEY,
  decision_id     uuid NOT NULL REFERENCES review_case,
  reviewer        text NOT NULL,
  answer          jsonb NOT NULL
);

-- Verdicts committed with their record and not yet acknowledged by NATS.
CREATE TABLE verdict_outbox (
  position   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  verdict_id uuid NOT NULL UNIQUE,
  workflow_id text NOT NULL,
  payload    jsonb NOT NULL
);

CREATE TABLE person (
  id   text PRIMARY KEY,
  name text NOT NULL
);

-- What the hashes of inputs stand for. The contents are encrypted, each under a key of its own, and may be elsewhere.
CREATE TABLE input_snapshot (
  hash      text PRIMARY KEY,
  -- 32 bytes; null when it was erased.
  key       bytea,
  filed_at  timestamptz NOT NULL,
  erased_at timestamptz,
  CHECK ((key IS NULL) = (erased_at IS NOT NULL))
);
CREATE TABLE input_snapshot_content (
  hash    text PRIMARY KEY,
  content bytea NOT NULL
);

-- What people order from the command line: the daemon carries it out, for it alone writes the log.
CREATE TABLE ledger_order (
  order_id uuid PRIMARY KEY,
  log_id   text COLLATE "C" NOT NULL,
  asked_at timestamptz NOT NULL,
  wanted   jsonb NOT NULL,
  done_at  timestamptz,
  -- What came of it.
  answer   jsonb
);
CREATE INDEX ledger_order_waiting ON ledger_order (log_id, asked_at) WHERE done_at IS NULL;

-- What is derived may change; the writer does all of it, auditors read what is about decisions.
GRANT SELECT, INSERT, UPDATE, DELETE ON monitor_snapshot, policy_in_force, alert, authority, breaker, model_version,
  review_case, review_decision, verdict_outbox, person TO countersign_writer;
GRANT SELECT, INSERT, UPDATE ON input_snapshot TO countersign_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON input_snapshot_content, ledger_order TO countersign_writer;
GRANT SELECT ON policy_in_force, alert, breaker, model_version, review_case, person TO countersign_reader;
