-- Tests of the lines, when each list was empty, and what reports go by.

CREATE TABLE line_tests (
    id           TEXT   NOT NULL PRIMARY KEY,
    line         TEXT   NOT NULL,
    medium       TEXT   NOT NULL,
    prison       TEXT   NOT NULL,
    mark         TEXT   NOT NULL,
    version      BIGINT NOT NULL,
    started_at   BIGINT NOT NULL,
    started_by   TEXT   NOT NULL,
    conversation TEXT   NOT NULL,
    arrived_at   BIGINT NOT NULL,
    out_at       BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    seen_by      TEXT   NOT NULL,
    seen_name    TEXT   NOT NULL,
    failed_at    BIGINT NOT NULL,
    failure      TEXT   NOT NULL
);

CREATE UNIQUE INDEX line_tests_mark ON line_tests (mark) WHERE mark <> '';
CREATE UNIQUE INDEX line_tests_conversation ON line_tests (conversation) WHERE conversation <> '';
CREATE INDEX line_tests_pending ON line_tests (started_at, id) WHERE seen_at = 0 AND failed_at = 0;
CREATE INDEX line_tests_of ON line_tests (line, prison, started_at);
CREATE INDEX line_tests_good ON line_tests (line, prison, started_at) WHERE out_at > 0 AND seen_at > 0;
CREATE INDEX line_tests_worked ON line_tests (line, started_at) WHERE out_at > 0 AND seen_at > 0;
CREATE INDEX line_tests_started ON line_tests (started_at, id);

-- When the next tests are to be made: one row, which one node at a time moves on.
CREATE TABLE line_tests_due (
    id BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    asked_by TEXT NOT NULL
);
INSERT INTO line_tests_due (id, at, asked_by) VALUES (1, 0, '');

CREATE TABLE lists (
    list        TEXT   NOT NULL PRIMARY KEY,
    first_look  BIGINT NOT NULL,
    empty_since BIGINT NOT NULL,
    last_empty  BIGINT NOT NULL
);

-- The days on which a list was empty, and when it last was on that day.
CREATE TABLE list_days (
    list       TEXT   NOT NULL,
    day        TEXT   NOT NULL,
    last_empty BIGINT NOT NULL,
    PRIMARY KEY (list, day)
);

CREATE INDEX alarms_raised ON alarms (raised_at, matter, step) WHERE raised_at > 0;
