-- Events, with or without an actor and a payload.

insert into migrated.profiles (_key) values (7);

-- case: the payload is jsonb, or nothing
insert into source.dispatch_event (id, payload) values
    (1, '{"a": [1, null]}'), (2, ''), (3, null), (4, '{"a": "\u0000"}'), (5, '{'), (6, ' ');
insert into expected.events (_key, _warnings, payload, metadata) values
    (1, '{}', '{"a": [1, null]}', '{"source_payload": "{\"a\": [1, null]}"}'),
    (2, '{payload_empty}', '{}', '{"payload_was_empty": true}'),
    (3, '{payload_empty}', '{}', '{"payload_was_empty": true}');
insert into expected.events (_key, _outcome) values
    (4, reject('malformed_json')),
    (5, reject('malformed_json')),
    (6, reject('malformed_json'));

-- case: an actor who is named but unknown is warned of
insert into source.dispatch_event (id, actor_id, kind, payload, occurred_at, created_at) values
    (1, 7,    'login', '{}', '2025-08-01 00:00+00', '2025-08-02 00:00+00'),
    (2, 99,   'login', '{}', '2025-08-01 00:00+00', '2025-08-02 00:00+00'),
    (3, null, 'login', '{}', '2025-08-01 00:00+00', '2025-08-02 00:00+00');
insert into expected.events (_key, _warnings, legacy_id, actor_id, kind, occurred_at, metadata, created_at) values
    (1, '{}', 1, legacy_uuid('profile', 7), 'login', '2025-08-01 00:00+00', '{"source_event_id": 1}', '2025-08-02 00:00+00'),
    (2, '{actor_unknown}', 2, null, 'login', '2025-08-01 00:00+00', '{"source_event_id": 2}', '2025-08-02 00:00+00'),
    (3, '{}', 3, null, 'login', '2025-08-01 00:00+00', '{"source_event_id": 3}', '2025-08-02 00:00+00');
