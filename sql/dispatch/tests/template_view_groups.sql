-- Which groups see a template.

insert into migrated.templates (_key) values (5);
insert into source.auth_group (id, name) values (1, 'Planners');

-- case: it needs its template, and a group that exists
insert into source.dispatch_template_view_groups (id, template_id, group_id, created_at) values
    (1, 5, 1, '2025-08-01 00:00+00'), (2, 99, 1, '2025-08-01 00:00+00'), (3, 5, 98, '2025-08-01 00:00+00');
insert into expected.template_view_groups (_key, legacy_id, template_id, group_name, metadata, created_at) values
    (1, 1, legacy_uuid('template', 5), 'Planners', '{"source_template_view_groups_id": 1, "group_name": "Planners"}',
     '2025-08-01 00:00+00');
insert into expected.template_view_groups (_key, _outcome) values
    (2, reject('template_not_migrated', 'templates', 99)),
    (3, reject('unknown_group'));
