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

-- What became of the newest decisions with about the same confidence: a tenth of the scale each.
CREATE INDEX review_case_tenth ON review_case
  (workflow_id, model_name, model_version, least(floor(confidence * 10), 9), decided_at)
  WHERE decided_at IS NOT NULL AND planted_from IS NULL;
-- What can be planted, and what is planted already.
CREATE INDEX review_case_known ON review_case (workflow_id, model_name, model_version, risk_tier, decided_at)
  WHERE decided_at IS NOT NULL AND planted_from IS NULL AND outcome_label IS NOT NULL;
CREATE INDEX review_case_planted ON review_case (planted_from) WHERE planted_from IS NOT NULL;
-- What waits for one person.
CREATE INDEX review_case_assigned ON review_case (assigned_to) WHERE assigned_to IS NOT NULL AND decided_at IS NULL;
-- What is under review of a task, whose records must not say what the case does not show.
CREATE INDEX review_case_task ON review_case (workflow_id, task_id);
-- The newest decided cases, to compare with.
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
  -- Whether there was more to it than the label.
  has_value     boolean NOT NULL,
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

-- What policies know people by.
ALTER TABLE person ADD COLUMN login text;

GRANT SELECT, INSERT, UPDATE, DELETE ON review_commitment, review_opinion, review_pending, review_batch
  TO countersign_writer;
GRANT SELECT ON review_commitment, review_opinion TO countersign_reader;
