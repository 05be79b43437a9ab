-- How people decide: with a second look, after saying first what they think, at once for alike cases, and with a way back.

ALTER TABLE review_case
  -- The person says what they think before they see the AI's answer.
  ADD COLUMN commit_first  boolean  NOT NULL DEFAULT false,
  -- How many people have to decide it, each without seeing the others.
  ADD COLUMN people_wanted smallint NOT NULL DEFAULT 1,
  -- For what is alike.
  ADD COLUMN features      jsonb    NOT NULL DEFAULT '{}',
  -- Whom it was handed over to.
  ADD COLUMN assigned_to   text,
  -- Ground truth of the AI decision, when it is known.
  ADD COLUMN outcome_label text,
  -- Of a planted case: the decision that it is taken from, and its right answer.
  ADD COLUMN planted_from  uuid REFERENCES review_case,
  ADD COLUMN gold_label    text;

-- What a page shows of a claim and a filter is few rows of many; what was decided is read by how sure the model was.
CREATE INDEX review_case_decided ON review_case (workflow_id, model_name, model_version, confidence)
  INCLUDE (decided_action) WHERE decided_at IS NOT NULL AND planted_from IS NULL;
-- The newest decided cases, to compare with and to plant from.
CREATE INDEX review_case_newest ON review_case (workflow_id, decided_at) WHERE decided_at IS NOT NULL;

-- What people said before they saw the AI's answer.
CREATE TABLE review_commitment (
  decision_id  uuid NOT NULL REFERENCES review_case,
  person       text NOT NULL,
  label        text NOT NULL,
  committed_at timestamptz NOT NULL,
  PRIMARY KEY (decision_id, person)
);

-- What each person decided on a case, in order.
CREATE TABLE review_opinion (
  decision_id   uuid NOT NULL REFERENCES review_case,
  person        text NOT NULL,
  action        text NOT NULL,
  label         text,
  justification text NOT NULL,
  decided_at    timestamptz NOT NULL,
  PRIMARY KEY (decision_id, person)
);

-- Decisions that can still be undone: recorded when their time is over.
CREATE TABLE review_pending (
  decision_id uuid PRIMARY KEY REFERENCES review_case,
  person      text NOT NULL,
  -- The case as it was, the request and the record that it becomes.
  decision    jsonb NOT NULL,
  settles_at  timestamptz NOT NULL
);
CREATE INDEX review_pending_due ON review_pending (settles_at);

-- Alike cases somebody wants to decide at once.
CREATE TABLE review_batch (
  batch_id    uuid PRIMARY KEY,
  workflow_id text NOT NULL,
  person      text NOT NULL,
  -- Each case with the version that was shown.
  cases       jsonb NOT NULL,
  sample      uuid[] NOT NULL,
  opened      uuid[] NOT NULL DEFAULT '{}',
  made_at     timestamptz NOT NULL
);
-- One at a time of a person and workflow.
CREATE UNIQUE INDEX review_batch_of ON review_batch (person, workflow_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON review_commitment, review_opinion, review_pending, review_batch
  TO countersign_writer;
GRANT SELECT ON review_commitment, review_opinion TO countersign_reader;
