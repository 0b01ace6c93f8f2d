-- The rules of August 2025: only comments on root plans become messages.

insert into source.dispatch_plan (id, parent_id, instruction_id) values (1, null, 10), (2, 1, null), (3, null, null), (6, null, 20), (7, null, 30);
insert into source.dispatch_instruction (id, patient_id) values (10, 100), (20, 200), (30, 300);
insert into migrated.orders (_key) values (10), (30);
insert into migrated.cases (_key) values (100);
insert into migrated.profiles (_key) values (7);

-- case: a comment on a root plan is a message of the case
insert into migrated.treatment_plans (_key) values (1);
insert into source.dispatch_comment (id, plan_id, author_id, text, created_at) values (1, 1, 7, 'Please', '2025-08-01 00:00+00');
insert into expected.case_messages_comments
    (_key, _warnings, legacy_comment_id, case_id, order_id, treatment_plan_id, sender_id, message_type, content, metadata,
     created_at)
values
    (1, '{}', 1, legacy_uuid('case', 100), legacy_uuid('order', 10), legacy_uuid('treatment_plan', 1),
     legacy_uuid('profile', 7), 'patient_question', 'Please',
     '{"source_comment_id": 1, "message_classification": "patient_question"}', '2025-08-01 00:00+00');

-- case: what a text contains tells its class
insert into source.dispatch_comment (id, plan_id, text) values (1, 1, 'Looks good'), (2, 1, 'A new plan'), (3, 1, 'Tooth 36');
insert into expected.case_messages_comments (_key, message_type) values
    (1, 'doctor_response'), (2, 'treatment_update'), (3, 'clinical_note');

-- case: an unknown sender is warned of, none is not
insert into source.dispatch_comment (id, plan_id, author_id) values (1, 1, 99), (2, 1, null);
insert into expected.case_messages_comments (_key, _warnings, sender_id, treatment_plan_id) values
    (1, '{sender_unknown}', null, null), (2, '{}', null, null);

-- case: any other has no place
insert into source.dispatch_comment (id, plan_id) values (1, 98), (2, 2), (3, 3), (5, 6), (6, 7);
insert into expected.case_messages_comments (_key, _outcome) values
    (1, reject('missing_plan', 'treatment_plans', 98)),
    (2, reject('plan_is_revision')),
    (3, reject('missing_instruction', 'treatment_plans', 3)),
    (5, reject('order_not_migrated', 'orders', 20)),
    (6, reject('case_not_migrated', 'cases', 300));
