CREATE TABLE sheet_versions (
	slug         TEXT    NOT NULL,
	version      BIGINT  NOT NULL,
	source       TEXT    NOT NULL,
	withdrawn    BOOLEAN NOT NULL,
	published_by TEXT    NOT NULL,
	published_at BIGINT  NOT NULL,
	PRIMARY KEY (slug, version)
);

-- One draft a sheet. Its number goes on counting when the draft is published or
-- thrown away (open = FALSE), so that an old window cannot save over a newer draft.
CREATE TABLE sheet_drafts (
	slug     TEXT    NOT NULL PRIMARY KEY,
	version  BIGINT  NOT NULL,
	source   TEXT    NOT NULL,
	open     BOOLEAN NOT NULL,
	saved_by TEXT    NOT NULL,
	saved_at BIGINT  NOT NULL
);

-- asked_on is the beginning of a day: the hour would help to find out who asked.
CREATE TABLE unanswered_questions (
	id           TEXT    NOT NULL PRIMARY KEY,
	question     TEXT    NOT NULL,
	kind         TEXT    NOT NULL,
	intent       TEXT    NOT NULL,
	jurisdiction TEXT    NOT NULL,
	asked_on     BIGINT  NOT NULL,
	done         BOOLEAN NOT NULL
);
CREATE INDEX unanswered_questions_open ON unanswered_questions (done, asked_on);
