-- Whose team a conversation is, which of them are tests of the line, and what staff wrote down about a concern.
ALTER TABLE conversations ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN test BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE concerns ADD COLUMN handling TEXT NOT NULL DEFAULT '';
ALTER TABLE concerns ADD COLUMN prisoner TEXT NOT NULL DEFAULT '';
ALTER TABLE concerns ADD COLUMN prison_number TEXT NOT NULL DEFAULT '';

CREATE INDEX concerns_prisoner ON concerns (prisoner) WHERE prisoner <> '';
CREATE INDEX concerns_number ON concerns (prison_number) WHERE prison_number <> '';
-- Who may be the same person is looked for at one prison.
CREATE INDEX concerns_prison ON concerns (prison, opened_at) WHERE prison <> '';
-- Reports go by when a concern was raised.
CREATE INDEX concerns_opened ON concerns (opened_at);
