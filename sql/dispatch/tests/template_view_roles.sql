-- Which roles see a template.

insert into migrated.templates (_key) values (5);
insert into migrated.technician_roles (_key, name) values (1, 'Laboratory');

-- case: it needs its template and its role
insert into source.dispatch_template_view_roles (id, template_id, role_id, created_at) values
    (1, 5, 1, '2025-08-01 00:00+00'), (2, 99, 1, '2025-08-01 00:00+00'), (3, 5, 98, '2025-08-01 00:00+00');
insert into expected.template_view_roles
    (_key, legacy_id, template_id, technician_role_id, role_name, metadata, created_at)
values
    (1, 1, legacy_uuid('template', 5), legacy_uuid('technician_role', 1), 'Laboratory',
     '{"source_template_view_roles_id": 1, "role_name": "Laboratory"}', '2025-08-01 00:00+00');
insert into expected.template_view_roles (_key, _outcome) values
    (2, reject('template_not_migrated', 'templates', 99)),
    (3, reject('unknown_role', 'technician_roles', 98));
