-- Where a periodic audit was announced in the log, whose root then is its seed; null where a person named the seed.
ALTER TABLE inspection ADD COLUMN announced bigint;
-- What is on record of it, for whoever holds what is shown against that: null for what was drawn or signed before.
ALTER TABLE inspection ADD COLUMN announced_event uuid;
ALTER TABLE inspection ADD COLUMN drawn_event uuid;
ALTER TABLE inspection ADD COLUMN signed_event uuid;

-- The cases that somebody holds, for "the next one": those that they have on no page come first.
CREATE INDEX review_case_claimed ON review_case (claimed_by) WHERE claimed_by IS NOT NULL AND decided_at IS NULL;

-- What goes along with a case that is handed over.
ALTER TABLE review_case ADD COLUMN assigned_note text;
