-- Records on plans become messages; those that have no place are archived as notes.

set general_case = false;
insert into source.django_content_type (id, app_label, model) values
    (1, 'dispatch', 'plan'), (2, 'dispatch', 'treatmentplan'), (3, 'dispatch', 'instruction'), (4, 'dispatch', 'patient'),
    (5, 'auth', 'user'), (6, 'dispatch', 'file'), (7, 'dispatch', 'jaw'), (8, 'dispatch', 'offer'), (9, 'dispatch', 'task'),
    (10, 'dispatch', 'comment'), (11, 'sites', 'site'), (12, 'plugins', 'thing');
insert into source.dispatch_plan (id, parent_id, instruction_id) values
    (1, null, 10), (2, 1, null), (3, null, null), (4, 4, 10), (5, 99, 10), (6, null, 20), (7, null, 30);
insert into source.dispatch_instruction (id, patient_id) values (10, 100), (20, 200), (30, 300);
insert into migrated.orders (_key) values (10), (30);
insert into migrated.cases (_key) values (100);
insert into migrated.profiles (_key) values (7);

-- case: a record on a plan is of the root's order and case, under the plan's old name too
insert into migrated.treatment_plans (_key) values (2);
insert into source.dispatch_record (id, content_type_id, object_id, author_id, text, created_at) values
    (1, 2, 2, 7, 'Looks good', '2025-08-01 00:00+00');
insert into expected.case_messages_records
    (_key, _warnings, legacy_record_id, case_id, order_id, treatment_plan_id, sender_id, message_type, content, metadata,
     created_at)
values
    (1, '{}', 1, legacy_uuid('case', 100), legacy_uuid('order', 10), legacy_uuid('treatment_plan', 2),
     legacy_uuid('profile', 7), 'doctor_response', 'Looks good',
     '{"source_record_id": 1, "content_type": "dispatch.treatmentplan", "message_classification": "doctor_response",
       "root_plan_legacy_id": 1}', '2025-08-01 00:00+00');

-- case: records on anything else are out of scope, by the family of its model
insert into source.dispatch_record (id, content_type_id, object_id) values
    (3, 3, 1), (4, 4, 1), (5, 5, 1), (6, 6, 1), (7, 7, 1), (8, 8, 1), (9, 9, 1), (10, 10, 1), (11, 11, 1), (12, 12, 1), (99, 99, 1);
insert into expected.case_messages_records (_key, _outcome) values
    (3, skip('on_instruction')), (4, skip('on_patient')), (5, skip('on_people')), (6, skip('on_files')),
    (7, skip('on_clinical')), (8, skip('on_business')), (9, skip('on_workflow')), (10, skip('on_messages')),
    (11, skip('on_system')), (12, skip('on_other_model')), (99, skip('unknown_content_type'));

-- case: an unknown sender is warned of, none is not
insert into source.dispatch_record (id, content_type_id, object_id, author_id) values (1, 1, 1, 99), (2, 1, 1, null);
insert into expected.case_messages_records (_key, _warnings, sender_id, treatment_plan_id) values
    (1, '{sender_unknown}', null, null), (2, '{}', null, null);

-- case: a record that has no place is archived
insert into source.dispatch_record (id, content_type_id, object_id) values (1, 1, 98), (2, 1, 4), (3, 1, 3), (4, 1, 5), (5, 1, 6), (6, 1, 7);
insert into expected.case_messages_records (_key, _outcome) values
    (1, elsewhere('doctor_notes_records')),
    (2, elsewhere('doctor_notes_records')),
    (3, elsewhere('doctor_notes_records')),
    (4, elsewhere('doctor_notes_records')),
    (5, elsewhere('doctor_notes_records')),
    (6, elsewhere('doctor_notes_records'));

-- case: as a remedy, it goes to the general case of its author
set general_case = true;
insert into source.dispatch_patient (id, user_id) values (100, 7), (300, 8);
insert into source.dispatch_record (id, content_type_id, object_id, author_id) values
    (1, 1, 98, 7), (2, 1, 7, 7), (3, 1, 1, 7), (4, 1, 98, 8), (5, 3, 98, 7);
insert into expected.case_messages_records (_key, _warnings, case_id, order_id) values
    (1, '{general_case}', legacy_uuid('case', 100), null),
    (2, '{general_case}', legacy_uuid('case', 100), null),
    (3, '{}', legacy_uuid('case', 100), legacy_uuid('order', 10));
insert into expected.case_messages_records (_key, _outcome) values
    (4, elsewhere('doctor_notes_records')),
    (5, skip('on_instruction'));
