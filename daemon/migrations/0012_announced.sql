-- Where a periodic audit was announced in the log, whose root then is its seed; null where a person named the seed.
ALTER TABLE inspection ADD COLUMN announced bigint;
-- What is on record of it, for whoever holds what is shown against that: null for what was drawn or signed before.
ALTER TABLE inspection ADD COLUMN announced_event uuid;
ALTER TABLE inspection ADD COLUMN drawn_event uuid;
ALTER TABLE inspection ADD COLUMN signed_event uuid;
