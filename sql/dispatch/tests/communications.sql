-- What came in and what went out.

insert into migrated.profiles (_key) values (7);

-- case: the direction is read without capitals and blanks, and is one of two
insert into source.dispatch_communication (id, user_id, direction) values
    (1, 7, 'inbound'), (2, 7, ' OutBound '), (3, 7, 'in'), (4, 7, '');
insert into expected.communications (_key, _warnings, direction, profile_id) values
    (1, '{}', 'inbound', legacy_uuid('profile', 7)),
    (2, '{}', 'outbound', legacy_uuid('profile', 7));
insert into expected.communications (_key, _outcome) values
    (3, reject('unknown_direction')),
    (4, reject('unknown_direction'));

-- case: without its recipient it is nobody's, without its sender it stays
insert into source.dispatch_communication (id, user_id, direction) values (1, 99, 'outbound'), (2, 99, 'inbound');
insert into expected.communications (_key, _outcome) values (1, reject('recipient_not_migrated', 'profiles', 99));
insert into expected.communications (_key, _warnings, profile_id) values (2, '{sender_unknown}', null);

-- case: a communication is kept whole
insert into source.dispatch_communication (id, user_id, channel, direction, subject, body, sent_at, created_at) values
    (1, 7, 'phone', 'inbound', 'Appointment', 'She called: 明日', '2025-08-01 10:00+00', '2025-08-01 11:00+00');
insert into expected.communications (_key, legacy_id, channel, subject, content, sent_at, metadata, created_at) values
    (1, 1, 'phone', 'Appointment', 'She called: 明日', '2025-08-01 10:00+00', '{"source_communication_id": 1}',
     '2025-08-01 11:00+00');
