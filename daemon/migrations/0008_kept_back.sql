-- What a case keeps back, and what a sample was drawn from, looked up as often as it is.

DROP INDEX review_case_decided;
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

-- Whether there was more to it than the label. Of those before nobody knows, so they are compared by nobody.
ALTER TABLE review_opinion ADD COLUMN has_value boolean NOT NULL DEFAULT true;
ALTER TABLE review_opinion ALTER COLUMN has_value DROP DEFAULT;

-- What policies know people by.
ALTER TABLE person ADD COLUMN login text;

-- Drawn from the first so many records of the log: what comes later about that time changes nothing. 0 for those before,
-- of which it is not known.
ALTER TABLE inspection ADD COLUMN log_size bigint NOT NULL DEFAULT 0;
ALTER TABLE inspection ALTER COLUMN log_size DROP DEFAULT;
ALTER TABLE inspected_decision ADD COLUMN found_by text;
