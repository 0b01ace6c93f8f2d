-- The body is a Django template, kept to the letter.

-- case: a template is kept whole
insert into source.dispatch_template (id, name, kind, body, is_active, created_at) values
    (1, 'welcome', 'email', e'{% if user %}\n  Dear {{ user }} \n{% endif %}', false, '2025-08-01 00:00+00');
insert into expected.templates (_key, legacy_id, name, kind, body, is_active, metadata, created_at) values
    (1, 1, 'welcome', 'email', e'{% if user %}\n  Dear {{ user }} \n{% endif %}', false, '{"source_template_id": 1}',
     '2025-08-01 00:00+00');
