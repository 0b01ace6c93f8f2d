-- Who may do what: the names are kept.

insert into source.auth_group (id, name) values (1, 'Planners');
insert into source.django_content_type (id, app_label, model) values (5, 'dispatch', 'treatmentplan');
insert into source.auth_permission (id, name, content_type_id, codename) values
    (10, 'Can add plan', 5, 'add_plan'), (11, 'Can fly', 99, 'fly');

-- case: group and permission must be there, the model need not
insert into source.auth_group_permissions (id, group_id, permission_id) values (1, 1, 10), (2, 1, 11), (3, 98, 10), (4, 1, 97);
insert into expected.role_permissions
    (_key, _warnings, legacy_id, role_name, permission_name, codename, model, metadata, created_at)
values
    (1, '{}', 1, 'Planners', 'Can add plan', 'add_plan', 'dispatch.plan',
     '{"source_group_permissions_id": 1, "group_name": "Planners", "permission_name": "Can add plan", "codename": "add_plan",
       "content_type": "dispatch.treatmentplan"}', null),
    (2, '{content_type_unknown}', 2, 'Planners', 'Can fly', 'fly', null, '{"content_type": null}', null);
insert into expected.role_permissions (_key, _outcome) values (3, reject('missing_group')), (4, reject('missing_permission'));
