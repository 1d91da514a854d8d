-- What staff judged, and what they found that nobody had been asked to read: both few among many events.
CREATE INDEX events_judged ON events (at, conversation, seq) WHERE kind = 'assessed' AND worker <> '';
CREATE INDEX events_missed ON events (at, conversation, seq) WHERE kind = 'missed';
