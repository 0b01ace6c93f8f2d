-- Records on patients are notes of the patient.

insert into source.django_content_type (id, app_label, model) values
    (1, 'dispatch', 'plan'), (2, 'dispatch', 'treatmentplan'), (3, 'dispatch', 'instruction'), (4, 'dispatch', 'patient'),
    (5, 'auth', 'user'), (6, 'dispatch', 'file'), (7, 'dispatch', 'jaw'), (8, 'dispatch', 'offer'), (9, 'dispatch', 'task'),
    (10, 'dispatch', 'comment'), (11, 'sites', 'site'), (12, 'plugins', 'thing');
insert into migrated.patients (_key) values (100);
insert into migrated.profiles (_key) values (7);

-- case: a record on a patient is a note
insert into source.dispatch_record (id, content_type_id, object_id, author_id, text, created_at) values
    (1, 4, 100, 7, 'Allergic to latex', '2025-08-01 00:00+00');
insert into expected.doctor_notes
    (_key, _warnings, legacy_record_id, patient_id, author_id, content, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('patient', 100), legacy_uuid('profile', 7), 'Allergic to latex',
     '{"source_record_id": 1, "content_type": "dispatch.patient"}', '2025-08-01 00:00+00');

-- case: an unknown author is warned of, none is not, and an unknown patient is refused
insert into source.dispatch_record (id, content_type_id, object_id, author_id) values (1, 4, 100, 99), (2, 4, 100, null), (3, 4, 98, 7);
insert into expected.doctor_notes (_key, _warnings, author_id) values (1, '{author_unknown}', null), (2, '{}', null);
insert into expected.doctor_notes (_key, _outcome) values (3, reject('patient_not_migrated', 'patients', 98));

-- case: records on anything else are out of scope, those on nothing known are refused
insert into source.dispatch_record (id, content_type_id, object_id) values
    (1, 1, 100), (2, 2, 100), (3, 3, 100), (5, 5, 100), (6, 6, 100), (7, 7, 100), (8, 8, 100), (9, 9, 100), (10, 10, 100),
    (11, 11, 100), (12, 12, 100), (99, 99, 100);
insert into expected.doctor_notes (_key, _outcome) values
    (1, skip('on_plan')), (2, skip('on_plan')), (3, skip('on_instruction')), (5, skip('on_people')), (6, skip('on_files')),
    (7, skip('on_clinical')), (8, skip('on_business')), (9, skip('on_workflow')), (10, skip('on_messages')),
    (11, skip('on_system')), (12, skip('on_other_model')), (99, reject('unknown_content_type'));
