-- What people have to be told: who decides, who changed a case that others have on screen, on what a breaker moved.

-- Who has been here, and under which logins.

-- When they were last let in to decide: a case is handed over to nobody else. Null for those who never were.
ALTER TABLE person ADD COLUMN decides_at timestamptz;
UPDATE person SET decides_at = now() WHERE id IN (SELECT reviewer FROM review_decision);

-- Every login under which somebody has come, in lower case: a person stays the author of what they made under an earlier one.
CREATE TABLE person_login (
  person text NOT NULL,
  login  text NOT NULL,
  PRIMARY KEY (person, login)
);
INSERT INTO person_login SELECT id, lower(login) FROM person WHERE login IS NOT NULL;
GRANT SELECT, INSERT ON person_login TO countersign_writer;
GRANT SELECT ON person_login TO countersign_reader;

-- SHA-256 of what was sent under an idempotency key: another decision under the same key is refused. Null for those before.
ALTER TABLE review_decision ADD COLUMN request_hash bytea;

-- Who last gave an undecided case back changed, how and when: told to whoever still has it on screen as it was.
ALTER TABLE review_case
  ADD COLUMN changed_by text,
  ADD COLUMN changed_how text CHECK (changed_how IN ('escalated', 'undone', 'decided', 'handed_over')),
  ADD COLUMN changed_at timestamptz;

-- On what a breaker last moved.
ALTER TABLE breaker ADD COLUMN evidence jsonb NOT NULL DEFAULT '{}';

-- SHA-256 of what was asked for: another wish under the same key is refused. Null for those before.
ALTER TABLE inspection ADD COLUMN request_hash bytea;
