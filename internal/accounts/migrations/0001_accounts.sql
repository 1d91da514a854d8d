CREATE TABLE accounts (
	id            TEXT    NOT NULL PRIMARY KEY,
	name          TEXT    NOT NULL,
	email         TEXT    NOT NULL UNIQUE,
	password_hash TEXT    NOT NULL,
	roles         TEXT    NOT NULL,
	active        BOOLEAN NOT NULL,
	created_at    BIGINT  NOT NULL,
	signed_in_at  BIGINT  NOT NULL
);

CREATE TABLE sessions (
	token_hash   TEXT   NOT NULL PRIMARY KEY,
	account_id   TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	created_at   BIGINT NOT NULL,
	last_seen_at BIGINT NOT NULL,
	expires_at   BIGINT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Tries are counted by a hash of the address, not by account: an address nobody has is slowed down just the same, so that
-- the answer does not tell which ones exist.
CREATE TABLE sign_in_tries (
	email_hash   TEXT   NOT NULL PRIMARY KEY,
	tries        BIGINT NOT NULL,
	last_at      BIGINT NOT NULL,
	locked_until BIGINT NOT NULL
);
CREATE INDEX sign_in_tries_last ON sign_in_tries (last_at);
