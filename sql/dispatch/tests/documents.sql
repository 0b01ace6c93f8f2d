-- Files that are documents.

insert into migrated.files (_key) values (1);
insert into migrated.case_files (_key, case_id) values (1, legacy_uuid('case', 5));

-- case: a type is told without its parameters and capitals
insert into source.dispatch_file (id, mime_type) values
    (1, 'Application/PDF; version=1.7'),
    (2, 'text/csv'),
    (3, 'application/msword'),
    (4, 'application/vnd.oasis.opendocument.spreadsheet'),
    (5, 'application/vnd.ms-powerpoint'),
    (6, 'image/png'),
    (7, ''),
    (8, 'application/text');
insert into expected.documents (_key, format) values
    (1, 'pdf'), (2, 'text'), (3, 'word_processing'), (4, 'spreadsheet'), (5, 'presentation');
insert into expected.documents (_key, _outcome) values
    (6, skip('not_a_document')), (7, skip('not_a_document')), (8, skip('not_a_document'));

-- case: a document belongs to its file's case, if that has one
insert into source.dispatch_file (id, filename, mime_type, is_deleted, created_at) values
    (1, 'letter', 'application/rtf', false, '2025-08-01 00:00+00'),
    (2, 'draft',  'application/rtf', true,  '2025-08-01 00:00+00');
insert into expected.documents (_key, legacy_id, file_id, case_id, title, is_active, metadata, created_at) values
    (1, 1, legacy_uuid('file', 1), legacy_uuid('case', 5), 'letter', true, '{"source_file_id": 1}', '2025-08-01 00:00+00'),
    (2, 2, null, null, 'draft', false, '{"source_file_id": 2}', '2025-08-01 00:00+00');
