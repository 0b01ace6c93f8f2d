-- Nothing is left behind.

insert into migrated.profiles (_key) values (7);

-- case: a file is kept whole
insert into source.dispatch_file (id, filename, size, mime_type, storage_key, sha256, uploaded_by, is_deleted, created_at) values
    (1, 'Röntgen.dcm', 9000000000, 'application/dicom', 'f/1', 'ab01', 7, false, '2025-08-01 00:00+00'),
    (2, 'old', 0, 'image/png', 'f/2', '', 7, true, '2025-08-01 00:00+00');
insert into expected.files
    (_key, _warnings, legacy_id, filename, size_bytes, mime_type, storage_key, sha256, uploaded_by, uploaded_at, is_active,
     metadata, created_at)
values
    (1, '{}', 1, 'Röntgen.dcm', 9000000000, 'application/dicom', 'f/1', 'ab01', legacy_uuid('profile', 7),
     '2025-08-01 00:00+00', true, '{"source_file_id": 1}', '2025-08-01 00:00+00'),
    (2, '{}', 2, 'old', 0, 'image/png', 'f/2', '', legacy_uuid('profile', 7),
     '2025-08-01 00:00+00', false, '{"source_file_id": 2}', '2025-08-01 00:00+00');

-- case: an unknown uploader and a missing type are warned of
insert into source.dispatch_file (id, mime_type, uploaded_by) values (1, '', null), (2, 'text/plain', 99);
insert into expected.files (_key, _warnings, mime_type, uploaded_by) values
    (1, '{mime_type_missing}', null, null),
    (2, '{uploader_unknown}', 'text/plain', null);
