-- What happens once: a case that was escalated, and a lever that was pulled.

-- A case that somebody gave up to somebody else comes back to none of those who did.
CREATE TABLE review_escalation (
  decision_id  uuid NOT NULL REFERENCES review_case,
  person       text NOT NULL,
  escalated_at timestamptz NOT NULL,
  PRIMARY KEY (decision_id, person)
);
GRANT SELECT, INSERT ON review_escalation TO countersign_writer;
GRANT SELECT ON review_escalation TO countersign_reader;

-- What came of a request under its Idempotency-Key, so that the same one again does nothing and hears the same.
-- `status` and `answer` are null while it is under way.
CREATE TABLE request_answer (
  key          uuid PRIMARY KEY,
  person       text NOT NULL,
  request_hash bytea NOT NULL,
  begun_at     timestamptz NOT NULL,
  status       int,
  answer       text
);
GRANT SELECT, INSERT, UPDATE, DELETE ON request_answer TO countersign_writer;

-- So that what the service makes of a verdict is linked to the decision that it is about.
ALTER TABLE review_case ADD COLUMN traceparent text;
