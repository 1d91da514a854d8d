-- What was said up to here is settled (its concern was closed): later messages
-- are not judged against it.
ALTER TABLE conversations ADD COLUMN settled_seq BIGINT NOT NULL DEFAULT 0;
