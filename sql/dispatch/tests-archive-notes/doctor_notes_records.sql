-- What the messages could not place of the records on plans is archived as a note.

insert into source.django_content_type (id, app_label, model) values (1, 'dispatch', 'plan'), (3, 'dispatch', 'instruction');
insert into migrated.profiles (_key) values (7);
insert into migrated.case_messages_records (_key) values (1);

-- case: a record that is a message, or on no plan, is not archived
insert into source.dispatch_record (id, content_type_id, author_id, text, created_at) values
    (1, 1, 7, 'placed', '2025-08-01 00:00+00'), (2, 1, 7, 'lost', '2025-08-01 00:00+00'), (3, 1, 99, '', '2025-08-01 00:00+00'),
    (4, 3, 7, '', '2025-08-01 00:00+00'), (5, 99, 7, '', '2025-08-01 00:00+00');
insert into expected.doctor_notes_records (_key, _outcome) values
    (1, elsewhere('case_messages_records')), (4, skip('not_on_plan')), (5, skip('not_on_plan'));
insert into expected.doctor_notes_records (_key, legacy_record_id, author_id, content, metadata, created_at) values
    (2, 2, legacy_uuid('profile', 7), 'lost', '{"source_record_id": 2, "archived": true}', '2025-08-01 00:00+00'),
    (3, 3, null, '', '{"source_record_id": 3, "archived": true}', '2025-08-01 00:00+00');
