-- Notifications go to the profile of their recipient.

insert into migrated.profiles (_key) values (7);

-- case: the context is jsonb, or nothing
insert into source.dispatch_notification (id, recipient_id, template_context) values
    (1, 7, '{"a": 1}'), (2, 7, ''), (3, 7, null), (4, 7, '{"a": "\u0000"}'), (5, 7, ' ');
insert into expected.system_messages (_key, _warnings, template_context, metadata) values
    (1, '{}', '{"a": 1}', '{"source_template_context": "{\"a\": 1}"}'),
    (2, '{context_empty}', '{}', '{"template_context_was_empty": true}'),
    (3, '{context_empty}', '{}', '{"template_context_was_empty": true}');
insert into expected.system_messages (_key, _outcome) values (4, reject('malformed_json')), (5, reject('malformed_json'));

-- case: without its recipient a notification is refused
insert into source.dispatch_notification (id, recipient_id, template_name, template_context, channel, is_read, created_at) values
    (9000000001, 7, 'reminder', '{}', 'sms', true, '2025-08-01 00:00+00'),
    (9000000002, 99, 'reminder', '{', 'sms', true, '2025-08-01 00:00+00');
insert into expected.system_messages (_key, legacy_id, recipient_id, template_name, channel, is_read, metadata, created_at) values
    (9000000001, 9000000001, legacy_uuid('profile', 7), 'reminder', 'sms', true, '{"source_notification_id": 9000000001}',
     '2025-08-01 00:00+00');
insert into expected.system_messages (_key, _outcome) values (9000000002, reject('recipient_not_migrated', 'profiles', 99));
