-- Conversations, what was said in them, and what people owe because of it.
--
-- Instants are Unix milliseconds, 0 where there is none. JSON is TEXT, empty where there is none. There are no foreign
-- keys: every row below a conversation is written in the transaction that moves the conversation's version on, and a
-- look-up per row is what they would cost on the path of every message.

CREATE TABLE people (
    id           TEXT   NOT NULL PRIMARY KEY,
    medium       TEXT   NOT NULL,
    value        TEXT   NOT NULL,
    opted_out_at BIGINT NOT NULL,
    created_at   BIGINT NOT NULL
);

-- A withheld caller has no value, and each of them is a person of their own.
CREATE UNIQUE INDEX people_address ON people (value, medium) WHERE value <> '';

CREATE TABLE conversations (
    id            TEXT     NOT NULL PRIMARY KEY,
    ref           TEXT     NOT NULL,
    line          TEXT     NOT NULL,
    medium        TEXT     NOT NULL,
    person        TEXT     NOT NULL,
    holder        TEXT     NOT NULL,
    worker        TEXT     NOT NULL,
    worker_name   TEXT     NOT NULL,
    version       BIGINT   NOT NULL,
    last_seq      BIGINT   NOT NULL,
    last_in_seq   BIGINT   NOT NULL,
    answered_seq  BIGINT   NOT NULL,
    state         TEXT     NOT NULL,
    level         SMALLINT NOT NULL,
    waiting       TEXT     NOT NULL,
    waiting_since BIGINT   NOT NULL,
    prison        TEXT     NOT NULL,
    jurisdiction  TEXT     NOT NULL,
    call_id       TEXT     NOT NULL,
    opened_at     BIGINT   NOT NULL,
    last_at       BIGINT   NOT NULL,
    closed_at     BIGINT   NOT NULL,
    urgency       SMALLINT NOT NULL, -- place on the staff's list, lowest first; -1: not on it
    unstepped     SMALLINT NOT NULL  -- 1: the bot holds it and owes a turn
);

CREATE UNIQUE INDEX conversations_ref ON conversations (ref);
CREATE UNIQUE INDEX conversations_open ON conversations (person, line) WHERE closed_at = 0;
CREATE UNIQUE INDEX conversations_call ON conversations (call_id, line) WHERE call_id <> '' AND closed_at = 0;
CREATE INDEX conversations_person ON conversations (person, line, opened_at);
CREATE INDEX conversations_queue ON conversations (urgency, waiting_since, id) WHERE urgency >= 0;
CREATE INDEX conversations_unstepped ON conversations (id) WHERE unstepped = 1;

-- The keys of what providers brought: each is accepted once.
CREATE TABLE inbound (
    provider_id  TEXT   NOT NULL,
    line         TEXT   NOT NULL,
    conversation TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (provider_id, line)
-- only: sqlite
) WITHOUT ROWID;
-- end
-- only: postgres
);
-- end

-- Without a row id the entries of one conversation lie side by side on SQLite, in order.
CREATE TABLE events (
    conversation TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    kind         TEXT   NOT NULL,
    worker       TEXT   NOT NULL,
    text         TEXT   NOT NULL,
    data         TEXT   NOT NULL,
    client_id    TEXT   NOT NULL,
    PRIMARY KEY (conversation, seq)
-- only: sqlite
) WITHOUT ROWID;
-- end
-- only: postgres
);
-- end

CREATE UNIQUE INDEX events_client ON events (conversation, client_id) WHERE client_id <> '';

CREATE TABLE concerns (
    id           TEXT     NOT NULL PRIMARY KEY,
    ref          TEXT     NOT NULL,
    conversation TEXT     NOT NULL,
    person       TEXT     NOT NULL,
    level        SMALLINT NOT NULL,
    categories   TEXT     NOT NULL,
    who          TEXT     NOT NULL,
    prison       TEXT     NOT NULL,
    jurisdiction TEXT     NOT NULL,
    facts        TEXT     NOT NULL,
    evidence     TEXT     NOT NULL,
    version      BIGINT   NOT NULL,
    opened_at    BIGINT   NOT NULL,
    updated_at   BIGINT   NOT NULL,
    closed_at    BIGINT   NOT NULL,
    closed_by    TEXT     NOT NULL,
    outcome      TEXT     NOT NULL
);

CREATE UNIQUE INDEX concerns_ref ON concerns (ref);
CREATE INDEX concerns_conversation ON concerns (conversation, opened_at);
CREATE INDEX concerns_open ON concerns (conversation) WHERE closed_at = 0;

CREATE TABLE obligations (
    concern TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    state   TEXT   NOT NULL,
    due_at  BIGINT NOT NULL,
    worker  TEXT   NOT NULL,
    by_name TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    note    TEXT   NOT NULL,
    PRIMARY KEY (concern, kind)
-- only: sqlite
) WITHOUT ROWID;
-- end
-- only: postgres
);
-- end

CREATE TABLE outbox (
    id           TEXT    NOT NULL PRIMARY KEY,
    conversation TEXT    NOT NULL,
    seq          BIGINT  NOT NULL,
    line         TEXT    NOT NULL,
    person       TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    from_bot     BOOLEAN NOT NULL,
    state        TEXT    NOT NULL,
    attempts     BIGINT  NOT NULL,
    next_at      BIGINT  NOT NULL,
    provider_id  TEXT    NOT NULL,
    code         TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL
-- only: sqlite
) WITHOUT ROWID;
-- end
-- only: postgres
);
-- end

CREATE INDEX outbox_conversation ON outbox (conversation, seq, id);
-- What is on its way: a few lines at any time, however many were ever sent. Made after the one above: between
-- two that look equal SQLite takes the newer.
CREATE INDEX outbox_live ON outbox (conversation, seq, id) WHERE state IN ('queued', 'sending', 'uncertain');
CREATE INDEX outbox_trouble ON outbox (conversation) WHERE state IN ('failed', 'uncertain');
CREATE INDEX outbox_provider ON outbox (provider_id) WHERE provider_id <> '';

CREATE TABLE recordings (
    id           TEXT   NOT NULL PRIMARY KEY,
    conversation TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    provider_id  TEXT   NOT NULL,
    url          TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    attempts     BIGINT NOT NULL,
    next_at      BIGINT NOT NULL,
    seconds      BIGINT NOT NULL,
    file         TEXT   NOT NULL,
    transcript   TEXT   NOT NULL,
    engine       TEXT   NOT NULL,
    listened_by  TEXT   NOT NULL,
    listened_at  BIGINT NOT NULL,
    created_at   BIGINT NOT NULL
);

CREATE INDEX recordings_conversation ON recordings (conversation, seq);
CREATE INDEX recordings_due ON recordings (next_at, id) WHERE state IN ('to_fetch', 'stored');
