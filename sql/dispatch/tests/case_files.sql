-- A file belongs to the case that its links lead to.

insert into source.dispatch_instruction (id, patient_id) values (10, 1), (11, 1), (20, 2), (30, null), (40, 4), (50, 5);
insert into migrated.orders (_key) values (10), (11), (20), (30), (40);
insert into migrated.cases (_key) values (1), (2);
insert into migrated.files (_key) values (1);

-- case: a link leads from the file to the case
insert into source.dispatch_file (id, created_at) values (1, '2025-08-01 00:00+00');
insert into source.dispatch_file_instruction (id, file_id, instruction_id, created_at) values (5, 1, 10, '2025-08-02 00:00+00');
insert into expected.case_files
    (_key, _warnings, legacy_id, file_id, case_id, order_id, linked_at, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('file', 1), legacy_uuid('case', 1), legacy_uuid('order', 10), '2025-08-02 00:00+00',
     '{"source_file_id": 1, "link_legacy_id": 5, "instruction_legacy_id": 10, "link_count": 1}', '2025-08-01 00:00+00');

-- case: of several links to one case, the first gives the order
insert into source.dispatch_file (id) values (1);
insert into source.dispatch_file_instruction (id, file_id, instruction_id) values (7, 1, 10), (6, 1, 11);
insert into expected.case_files (_key, _warnings, order_id, metadata) values
    (1, '{}', legacy_uuid('order', 11), '{"link_legacy_id": 6, "link_count": 2}');

-- case: a link that leads nowhere beside one that does is warned of
insert into source.dispatch_file (id) values (1);
insert into source.dispatch_file_instruction (id, file_id, instruction_id) values (6, 1, 99), (7, 1, 20);
insert into expected.case_files (_key, _warnings, case_id) values (1, '{link_unresolved}', legacy_uuid('case', 2));

-- case: links to different cases take none
insert into source.dispatch_file (id) values (1);
insert into source.dispatch_file_instruction (id, file_id, instruction_id) values (6, 1, 10), (7, 1, 20);
insert into expected.case_files (_key, _outcome) values (1, reject('conflicting_cases'));

-- case: where no link leads to a case, the first one says why not
insert into source.dispatch_file (id) values (1), (2), (3), (4), (5);
insert into source.dispatch_file_instruction (id, file_id, instruction_id) values
    (6, 2, 99), (7, 2, 50),
    (8, 3, 50), (9, 3, 99),
    (10, 4, 30),
    (11, 5, 40);
insert into expected.case_files (_key, _outcome) values
    (1, skip('no_link')),
    (2, reject('missing_instruction', 'orders', 99)),
    (3, reject('order_not_migrated', 'orders', 50)),
    (4, skip('no_patient')),
    (5, reject('case_not_migrated', 'cases', 4));
