-- A key and a value, which is JSON.

-- case: the value is jsonb, or nothing
insert into source.dispatch_metadata (id, key, value, created_at) values
    (1, 'a', '{"x": 1e400}', '2025-08-01 00:00+00'), (2, 'b', '', '2025-08-01 00:00+00'), (3, 'c', null, '2025-08-01 00:00+00'),
    (4, 'd', '"\ud800"', '2025-08-01 00:00+00'), (5, 'e', 'yes', '2025-08-01 00:00+00'), (6, 'f', ' ', '2025-08-01 00:00+00');
insert into expected.system_metadata (_key, _warnings, legacy_id, key, value, metadata, created_at) values
    (1, '{}', 1, 'a', '{"x": 1e400}', '{"source_metadata_id": 1, "source_key": "a"}', '2025-08-01 00:00+00'),
    (2, '{value_empty}', 2, 'b', '{}', '{"source_metadata_id": 2, "value_was_empty": true}', '2025-08-01 00:00+00'),
    (3, '{value_empty}', 3, 'c', '{}', '{"source_metadata_id": 3, "value_was_empty": true}', '2025-08-01 00:00+00');
insert into expected.system_metadata (_key, _outcome) values
    (4, reject('malformed_json')), (5, reject('malformed_json')), (6, reject('malformed_json'));
