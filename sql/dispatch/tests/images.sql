-- Files that are images.

insert into migrated.files (_key) values (1);
insert into migrated.case_files (_key, case_id) values (1, legacy_uuid('case', 5));

-- case: images are image/ with something behind it, and DICOM
insert into source.dispatch_file (id, mime_type) values
    (1, 'IMAGE/jpeg; quality=9'), (2, 'application/dicom'), (3, 'image/'), (4, 'model/stl'), (5, '');
insert into expected.images (_key, format) values (1, 'jpeg'), (2, 'dicom');
insert into expected.images (_key, _outcome) values
    (3, skip('not_an_image')), (4, skip('not_an_image')), (5, skip('not_an_image'));

-- case: an image belongs to its file's case, if that has one
insert into source.dispatch_file (id, filename, mime_type, is_deleted, created_at) values
    (1, 'front', 'image/png', false, '2025-08-01 00:00+00'),
    (2, 'side',  'image/png', true,  '2025-08-01 00:00+00');
insert into expected.images (_key, legacy_id, file_id, case_id, title, is_active, metadata, created_at) values
    (1, 1, legacy_uuid('file', 1), legacy_uuid('case', 5), 'front', true, '{"source_file_id": 1}', '2025-08-01 00:00+00'),
    (2, 2, null, null, 'side', false, '{"source_file_id": 2}', '2025-08-01 00:00+00');
