-- Comments on plans become messages; those that have no place are archived as notes.

set general_case = false;
insert into source.dispatch_plan (id, parent_id, instruction_id) values
    (1, null, 10), (2, 1, null), (3, null, null), (4, 4, 10), (5, 99, 10), (6, null, 20), (7, null, 30);
insert into source.dispatch_instruction (id, patient_id) values (10, 100), (20, 200), (30, 300);
insert into migrated.orders (_key) values (10), (30);
insert into migrated.cases (_key) values (100);
insert into migrated.profiles (_key) values (7);

-- case: a comment on a revision is of the root's order and case
insert into migrated.treatment_plans (_key) values (2);
insert into source.dispatch_comment (id, plan_id, author_id, text, created_at) values
    (1, 2, 7, 'Root canal on 36', '2025-08-01 00:00+00');
insert into expected.case_messages_comments
    (_key, _warnings, legacy_comment_id, case_id, order_id, treatment_plan_id, sender_id, message_type, content, metadata,
     created_at)
values
    (1, '{}', 1, legacy_uuid('case', 100), legacy_uuid('order', 10), legacy_uuid('treatment_plan', 2),
     legacy_uuid('profile', 7), 'clinical_note', 'Root canal on 36',
     '{"source_comment_id": 1, "message_classification": "clinical_note", "root_plan_legacy_id": 1}', '2025-08-01 00:00+00');

-- case: what a text contains tells its class, the first that fits
insert into source.dispatch_comment (id, plan_id, text) values
    (1, 1, 'I APPROVE the plan, please'), (2, 1, 'Looks good?'), (3, 1, 'Please start the treatment'), (4, 1, 'When?'),
    (5, 1, 'Treatment starts'), (6, 1, 'New plan'), (7, 1, 'Tooth 36');
insert into expected.case_messages_comments (_key, message_type) values
    (1, 'doctor_response'), (2, 'doctor_response'), (3, 'patient_question'), (4, 'patient_question'),
    (5, 'treatment_update'), (6, 'treatment_update'), (7, 'clinical_note');

-- case: an unknown sender is warned of, none is not
insert into source.dispatch_comment (id, plan_id, author_id) values (1, 1, 99), (2, 1, null);
insert into expected.case_messages_comments (_key, _warnings, sender_id, treatment_plan_id) values
    (1, '{sender_unknown}', null, null), (2, '{}', null, null);

-- case: a comment that has no place is archived
insert into source.dispatch_comment (id, plan_id) values (1, 98), (2, 4), (3, 3), (4, 5), (5, 6), (6, 7);
insert into expected.case_messages_comments (_key, _outcome) values
    (1, elsewhere('doctor_notes_comments')),
    (2, elsewhere('doctor_notes_comments')),
    (3, elsewhere('doctor_notes_comments')),
    (4, elsewhere('doctor_notes_comments')),
    (5, elsewhere('doctor_notes_comments')),
    (6, elsewhere('doctor_notes_comments'));

-- case: as a remedy, it goes to the general case of its author
set general_case = true;
insert into source.dispatch_patient (id, user_id) values (100, 7), (300, 8);
insert into source.dispatch_comment (id, plan_id, author_id) values (1, 98, 7), (2, 7, 7), (3, 1, 7), (4, 98, 8);
insert into expected.case_messages_comments (_key, _warnings, case_id, order_id) values
    (1, '{general_case}', legacy_uuid('case', 100), null),
    (2, '{general_case}', legacy_uuid('case', 100), null),
    (3, '{}', legacy_uuid('case', 100), legacy_uuid('order', 10));
insert into expected.case_messages_comments (_key, _outcome) values (4, elsewhere('doctor_notes_comments'));
