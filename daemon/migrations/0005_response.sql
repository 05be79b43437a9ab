-- The response: alerts that belong together are an incident, which climbs its tiers until somebody acknowledges it.

ALTER TABLE alert ADD COLUMN incident_id uuid;
-- What an incident is about, and what of it still stands.
CREATE INDEX alert_incident ON alert (incident_id) WHERE incident_id IS NOT NULL;

CREATE TABLE incident (
  incident_id  uuid PRIMARY KEY,
  workflow_id  text NOT NULL,
  model_name   text NOT NULL,
  drill        boolean NOT NULL,
  state        text NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'closed')),
  title        text NOT NULL,
  highest_tier text NOT NULL,
  -- The policy's tiers as they were when it opened: an edit changes nothing of what is in flight.
  chain        jsonb NOT NULL,
  quiet_hours  jsonb,
  level        integer NOT NULL,
  -- Counts its steps, so that each message has a key of its own.
  steps        integer NOT NULL,
  -- How often it has begun.
  cycle        integer NOT NULL,
  climbs_at    timestamptz,
  opened_at    timestamptz NOT NULL,
  acknowledged_by text,
  resolved_at  timestamptz,
  closed_at    timestamptz,
  postmortem   jsonb
);
-- One at a time of a model; also how an alert finds it.
CREATE UNIQUE INDEX incident_unclosed ON incident (workflow_id, model_name) WHERE state <> 'closed' AND NOT drill;
-- Those that climb.
CREATE INDEX incident_climbing ON incident (climbs_at) WHERE climbs_at IS NOT NULL;
-- Drills that may be over.
CREATE INDEX incident_drill ON incident (opened_at) WHERE drill AND state IN ('open', 'acknowledged');
-- The page shows the newest.
CREATE INDEX incident_newest ON incident (opened_at);

-- Messages committed with the step that they tell of, sent afterwards.
CREATE TABLE notification (
  notification_key text PRIMARY KEY,
  position    bigint GENERATED ALWAYS AS IDENTITY,
  incident_id uuid NOT NULL REFERENCES incident,
  level       integer NOT NULL,
  channel     text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('trigger', 'update', 'acknowledge', 'resolve')),
  message     jsonb NOT NULL,
  created_at  timestamptz NOT NULL,
  next_at     timestamptz NOT NULL,
  attempts    integer NOT NULL DEFAULT 0,
  -- Whoever sends it has until then to say what came of it.
  lease_until timestamptz,
  ended_at    timestamptz,
  outcome     text CHECK (outcome IN ('sent', 'undeliverable', 'not_sent')),
  problem     text,
  -- What the other side said, such as the message to answer in a thread.
  receipt     jsonb
);
CREATE INDEX notification_waiting ON notification (position) WHERE ended_at IS NULL;
CREATE INDEX notification_of ON notification (incident_id, channel, position);

CREATE TABLE silence (
  silence_id  uuid PRIMARY KEY,
  workflow_id text NOT NULL,
  signal      text,
  model_name  text,
  until       timestamptz NOT NULL,
  silenced_by text NOT NULL,
  reason      text NOT NULL,
  ended_at    timestamptz
);
CREATE INDEX silence_in_force ON silence (workflow_id) WHERE ended_at IS NULL;

-- People have more cases than they can take: services are told to take on nothing more that needs one.
ALTER TABLE authority ADD COLUMN intake_full boolean NOT NULL DEFAULT false;
-- The epoch of the last change of the policy.
ALTER TABLE authority ADD COLUMN policy_epoch bigint NOT NULL DEFAULT 0;

-- Change control: who declared a version, how far it has come, and what its canaries say.
ALTER TABLE model_version ADD COLUMN declared_at timestamptz, ADD COLUMN author text,
  ADD COLUMN autonomy text NOT NULL DEFAULT 'automatic', ADD COLUMN rollout jsonb,
  -- Of the last change of what it may do.
  ADD COLUMN epoch bigint NOT NULL DEFAULT 0;

-- Who has signed a version off for a level of autonomy, in which role.
CREATE TABLE model_sign_off (
  workflow_id text NOT NULL,
  model_name  text NOT NULL,
  version     text NOT NULL,
  autonomy    text NOT NULL,
  role        text NOT NULL,
  signed_by   text NOT NULL,
  signed_at   timestamptz NOT NULL,
  PRIMARY KEY (workflow_id, model_name, version, autonomy, role)
);
-- What the gates of a level said of a version last.
CREATE TABLE model_gate (
  workflow_id text NOT NULL,
  model_name  text NOT NULL,
  version     text NOT NULL,
  autonomy    text NOT NULL,
  passed      boolean NOT NULL,
  results     jsonb NOT NULL,
  checked_at  timestamptz NOT NULL,
  PRIMARY KEY (workflow_id, model_name, version, autonomy)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON model_sign_off, model_gate TO countersign_writer;
GRANT SELECT ON model_sign_off, model_gate TO countersign_reader;

-- Models of which no version may gain authority, until somebody thaws them.
CREATE TABLE model_freeze (
  workflow_id text NOT NULL,
  model_name  text NOT NULL,
  frozen_at   timestamptz NOT NULL,
  reason      text NOT NULL,
  PRIMARY KEY (workflow_id, model_name)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON model_freeze TO countersign_writer;
GRANT SELECT ON model_freeze TO countersign_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON incident, notification, silence TO countersign_writer;
GRANT SELECT ON incident, notification, silence TO countersign_reader;

-- Steps of decisions that can be undone, as services registered them before they took them.
CREATE TABLE compensation (
  compensation_id uuid PRIMARY KEY,
  workflow_id   text NOT NULL,
  task_id       text NOT NULL,
  decision_id   uuid NOT NULL,
  model_name    text NOT NULL,
  model_version text NOT NULL,
  sequence      integer NOT NULL,
  action        text NOT NULL,
  payload       jsonb,
  registered_at timestamptz NOT NULL,
  state         text NOT NULL
    CHECK (state IN ('registered', 'waiting', 'compensating', 'compensated', 'compensation_failed')),
  rollback_id   uuid,
  attempts      integer NOT NULL DEFAULT 0,
  -- When it is ordered next, or, while it is under way, when it has taken too long.
  next_at       timestamptz,
  problem       text,
  owner         text
);
-- A rollback finds what it is about by the decision, or by version and time.
CREATE INDEX compensation_decision ON compensation (decision_id, sequence);
CREATE INDEX compensation_version ON compensation (workflow_id, model_name, model_version, registered_at);
CREATE INDEX compensation_rollback ON compensation (rollback_id) WHERE rollback_id IS NOT NULL;
-- What is to be done next.
CREATE INDEX compensation_due ON compensation (next_at) WHERE state IN ('waiting', 'compensating');

CREATE TABLE decision_rollback (
  rollback_id uuid PRIMARY KEY,
  workflow_id text NOT NULL,
  scope       jsonb NOT NULL,
  state       text NOT NULL CHECK (state IN ('asked', 'running', 'failed', 'finished')),
  asked_by    text NOT NULL,
  reason      text NOT NULL,
  approved_by text,
  asked_at    timestamptz NOT NULL
);
CREATE INDEX decision_rollback_newest ON decision_rollback (asked_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON compensation, decision_rollback TO countersign_writer;
GRANT SELECT ON compensation, decision_rollback TO countersign_reader;
