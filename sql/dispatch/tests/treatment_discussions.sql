-- Records on instructions are discussions of the order.

insert into source.django_content_type (id, app_label, model) values
    (1, 'dispatch', 'plan'), (2, 'dispatch', 'treatmentplan'), (3, 'dispatch', 'instruction'), (4, 'dispatch', 'patient'),
    (5, 'auth', 'user'), (6, 'dispatch', 'file'), (7, 'dispatch', 'jaw'), (8, 'dispatch', 'offer'), (9, 'dispatch', 'task'),
    (10, 'dispatch', 'comment'), (11, 'sites', 'site'), (12, 'plugins', 'thing');
insert into source.dispatch_instruction (id, patient_id) values (10, 100), (20, 200), (30, null), (40, 100);
insert into migrated.orders (_key) values (10), (20), (30);
insert into migrated.cases (_key) values (100);
insert into migrated.profiles (_key) values (7);

-- case: a record on an instruction is of its order and its case
insert into source.dispatch_record (id, content_type_id, object_id, author_id, text, created_at) values
    (1, 3, 10, 7, 'Please hurry', '2025-08-01 00:00+00');
insert into expected.treatment_discussions
    (_key, _warnings, legacy_id, order_id, case_id, author_id, message_type, content, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('order', 10), legacy_uuid('case', 100), legacy_uuid('profile', 7), 'patient_question',
     'Please hurry',
     '{"source_record_id": 1, "content_type": "dispatch.instruction", "message_classification": "patient_question"}',
     '2025-08-01 00:00+00');

-- case: what a text contains tells its class, the first that fits
insert into source.dispatch_record (id, content_type_id, object_id, text) values
    (1, 3, 10, 'APPROVED, please'), (2, 3, 10, 'Looks good?'), (3, 3, 10, 'Plan?'), (4, 3, 10, 'Treatment ended'),
    (5, 3, 10, 'A plan'), (6, 3, 10, 'Tooth 36');
insert into expected.treatment_discussions (_key, message_type) values
    (1, 'doctor_response'), (2, 'doctor_response'), (3, 'patient_question'), (4, 'treatment_update'),
    (5, 'treatment_update'), (6, 'clinical_note');

-- case: an order without a case, and an unknown author, are warned of
insert into source.dispatch_record (id, content_type_id, object_id, author_id) values (1, 3, 20, 7), (2, 3, 30, null), (3, 3, 10, 99);
insert into expected.treatment_discussions (_key, _warnings, case_id, author_id) values
    (1, '{no_case}', null, legacy_uuid('profile', 7)),
    (2, '{no_case}', null, null),
    (3, '{author_unknown}', legacy_uuid('case', 100), null);

-- case: without its order it is refused
insert into source.dispatch_record (id, content_type_id, object_id) values (1, 3, 98), (2, 3, 40);
insert into expected.treatment_discussions (_key, _outcome) values
    (1, reject('missing_instruction', 'orders', 98)),
    (2, reject('order_not_migrated', 'orders', 40));

-- case: records on anything else are out of scope
insert into source.dispatch_record (id, content_type_id, object_id) values
    (1, 1, 10), (2, 2, 10), (4, 4, 10), (5, 5, 10), (6, 6, 10), (7, 7, 10), (8, 8, 10), (9, 9, 10), (10, 10, 10), (11, 11, 10),
    (12, 12, 10), (99, 99, 10);
insert into expected.treatment_discussions (_key, _outcome) values
    (1, skip('on_plan')), (2, skip('on_plan')), (4, skip('on_patient')), (5, skip('on_people')), (6, skip('on_files')),
    (7, skip('on_clinical')), (8, skip('on_business')), (9, skip('on_workflow')), (10, skip('on_messages')),
    (11, skip('on_system')), (12, skip('on_other_model')), (99, skip('unknown_content_type'));
