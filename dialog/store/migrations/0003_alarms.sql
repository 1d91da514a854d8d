-- Clocks: who is told, and when, of something that no person has taken.

CREATE TABLE alarms (
    id           TEXT     NOT NULL PRIMARY KEY,
    conversation TEXT     NOT NULL,
    matter       TEXT     NOT NULL,
    subject      TEXT     NOT NULL,
    pace         TEXT     NOT NULL,
    step         BIGINT   NOT NULL,
    state        TEXT     NOT NULL,
    began        BIGINT   NOT NULL,
    due_at       BIGINT   NOT NULL,
    raised_at    BIGINT   NOT NULL
);

-- One clock a matter, and one step of it that comes next, on however many nodes.
CREATE UNIQUE INDEX alarms_running ON alarms (subject) WHERE state = 'due';
CREATE INDEX alarms_due ON alarms (due_at, id) WHERE state = 'due';
CREATE INDEX alarms_conversation ON alarms (conversation, due_at);

CREATE TABLE staff_notices (
    id           TEXT   NOT NULL PRIMARY KEY,
    alarm        TEXT   NOT NULL,
    conversation TEXT   NOT NULL,
    way          TEXT   NOT NULL,
    address      TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    attempts     BIGINT NOT NULL,
    next_at      BIGINT NOT NULL,
    provider_id  TEXT   NOT NULL,
    code         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);

CREATE INDEX staff_notices_due ON staff_notices (next_at, id) WHERE state IN ('queued', 'sending');
CREATE INDEX staff_notices_conversation ON staff_notices (conversation, created_at);
CREATE INDEX staff_notices_alarm ON staff_notices (alarm);
CREATE INDEX staff_notices_provider ON staff_notices (provider_id) WHERE provider_id <> '';

CREATE INDEX recordings_unheard ON recordings (id) WHERE listened_at = 0;
-- All open concerns, whosever: concerns_open above is read by conversation.
CREATE INDEX concerns_unsettled ON concerns (id) WHERE closed_at = 0;
