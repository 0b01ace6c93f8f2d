-- Files that hang on messages.

insert into migrated.case_messages_records (_key) values (1);
insert into migrated.files (_key) values (5);

-- case: message and file must both be there
insert into source.dispatch_record_attachments (id, record_id, file_id, created_at) values
    (1, 1, 5, '2025-08-01 00:00+00'), (2, 99, 5, '2025-08-01 00:00+00'), (3, 1, 98, '2025-08-01 00:00+00');
insert into expected.message_attachments (_key, legacy_id, message_id, file_id, metadata, created_at) values
    (1, 1, legacy_uuid('record_message', 1), legacy_uuid('file', 5), '{"source_record_attachments_id": 1}', '2025-08-01 00:00+00');
insert into expected.message_attachments (_key, _outcome) values
    (2, reject('message_not_migrated', 'case_messages_records', 99)),
    (3, reject('file_not_migrated', 'files', 98));
