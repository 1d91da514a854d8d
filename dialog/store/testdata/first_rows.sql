INSERT INTO people VALUES ('person-1', 'sms', '+447700900001', 0, 1772485440000);
INSERT INTO conversations VALUES ('conversation-1', '1000001', 'famout', 'sms', 'person-1', 'worker', 'w1', 'Sam', 7, 3, 1, 1, '{"step":"prison"}', 3,
    'risk', 1772485441000, 'stoke-heath', 'england-wales', '', 1772485440000, 1772485442000, 0, 0, 0);
INSERT INTO inbound VALUES ('SM1', 'famout', 'conversation-1', 1, 1772485440000);
INSERT INTO events VALUES ('conversation-1', 1, 1772485440000, 'said_in', '', 'he said bye to the kids', '', '');
INSERT INTO concerns VALUES ('concern-1', '7000001', 'conversation-1', 'person-1', 3, '["suicide_self_harm"]', 'prisoner', 'stoke-heath', 'england-wales',
    '{"prisoner_name":"Jo"}', '[{"sign":"goodbyes","text":"said bye"}]', 2, 1772485440000, 1772485441000, 0, '', '');
INSERT INTO obligations VALUES ('concern-1', 'act', 'open', 1772486000000, '', '', 0, '');
INSERT INTO outbox VALUES ('outbox-1', 'conversation-1', 2, 'famout', 'person-1', 'Thank you', TRUE, 'queued', 0, 1772485440000, '', '', 1772485440000, 1772485440000);
INSERT INTO recordings VALUES ('recording-1', 'conversation-1', 3, 'RE1', 'https://provider.example/RE1', 'stored', 1, 1772485440000, 9, 'a.wav', '', '', '', 0,
    1772485440000);
