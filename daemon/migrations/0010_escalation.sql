-- A case that somebody gave up to somebody else comes back to none of those who did.
CREATE TABLE review_escalation (
  decision_id  uuid NOT NULL REFERENCES review_case,
  person       text NOT NULL,
  escalated_at timestamptz NOT NULL,
  PRIMARY KEY (decision_id, person)
);
GRANT SELECT, INSERT ON review_escalation TO countersign_writer;
GRANT SELECT ON review_escalation TO countersign_reader;
