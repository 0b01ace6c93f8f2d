-- Messages between users.

insert into migrated.profiles (_key) values (7), (8);

-- case: a message is kept whole
insert into source.dispatch_message (id, sender_id, recipient_id, subject, body, read_at, created_at) values
    (1, 7, 8, 'Hello', 'Are you there?', '2025-08-02 00:00+00', '2025-08-01 00:00+00'),
    (2, 8, 7, '', '', null, '2025-08-01 00:00+00');
insert into expected.messages
    (_key, _warnings, legacy_id, sender_id, recipient_id, subject, content, read_at, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('profile', 7), legacy_uuid('profile', 8), 'Hello', 'Are you there?', '2025-08-02 00:00+00',
     '{"source_message_id": 1}', '2025-08-01 00:00+00'),
    (2, '{}', 2, legacy_uuid('profile', 8), legacy_uuid('profile', 7), '', '', null,
     '{"source_message_id": 2}', '2025-08-01 00:00+00');

-- case: without its recipient it is nobody's, without its sender it stays
insert into source.dispatch_message (id, sender_id, recipient_id) values (1, 7, 99), (2, 99, 8);
insert into expected.messages (_key, _outcome) values (1, reject('recipient_not_migrated', 'profiles', 99));
insert into expected.messages (_key, _warnings, sender_id) values (2, '{sender_unknown}', null);
