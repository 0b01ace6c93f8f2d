-- What the staff did by hand: the flag says what, the names of models are those of now.

insert into migrated.profiles (_key) values (7);
insert into source.django_content_type (id, app_label, model) values (1, 'dispatch', 'treatmentplan');

-- case: each flag is an action, and an entry without one is no trail
insert into source.django_admin_log (id, user_id, action_flag) values (1, 7, 1), (2, 7, 2), (3, 7, 3), (4, 7, 0), (5, 7, 4);
insert into expected.audit_logs (_key, _warnings, action) values
    (1, '{}', 'addition'),
    (2, '{}', 'change'),
    (3, '{}', 'deletion');
insert into expected.audit_logs (_key, _outcome) values
    (4, reject('unknown_action')),
    (5, reject('unknown_action'));

-- case: an entry is kept whole, with its model under the present name
insert into source.django_admin_log
    (id, user_id, action_flag, content_type_id, object_id, object_repr, change_message, action_time) values
    (1, 7, 2, 1, '0042', 'Plan 42', '[{"changed": {}}]', '2025-08-01 10:00+02');
insert into expected.audit_logs
    (_key, _warnings, legacy_id, actor_id, action, model, object_legacy_id, object_repr, change_message, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('profile', 7), 'change', 'dispatch.plan', '0042', 'Plan 42', '[{"changed": {}}]',
     '{"source_django_admin_log_id": 1, "content_type": "dispatch.treatmentplan"}', '2025-08-01 08:00+00');

-- case: users and content types that are gone are warned of
insert into source.django_admin_log (id, user_id, action_flag, content_type_id) values (1, 99, 1, null), (2, 7, 1, 99);
insert into expected.audit_logs (_key, _warnings, actor_id, model) values
    (1, '{actor_unknown}', null, null),
    (2, '{content_type_unknown}', legacy_uuid('profile', 7), null);
