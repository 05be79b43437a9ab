-- Where a periodic audit was announced in the log, whose root then is its seed; null where a person named the seed.
ALTER TABLE inspection ADD COLUMN announced bigint;
