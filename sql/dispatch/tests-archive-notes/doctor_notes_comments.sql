-- What the messages could not place is archived as a note.

insert into migrated.profiles (_key) values (7);
insert into migrated.case_messages_comments (_key) values (1);

-- case: a comment that is a message is not archived
insert into source.dispatch_comment (id, author_id, text, created_at) values
    (1, 7, 'placed', '2025-08-01 00:00+00'), (2, 7, 'lost', '2025-08-01 00:00+00'), (3, 99, '', '2025-08-01 00:00+00');
insert into expected.doctor_notes_comments (_key, _outcome) values (1, elsewhere('case_messages_comments'));
insert into expected.doctor_notes_comments (_key, legacy_comment_id, author_id, content, metadata, created_at) values
    (2, 2, legacy_uuid('profile', 7), 'lost', '{"source_comment_id": 2, "archived": true}', '2025-08-01 00:00+00'),
    (3, 3, null, '', '{"source_comment_id": 3, "archived": true}', '2025-08-01 00:00+00');
