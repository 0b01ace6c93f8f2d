-- An opinion is never lost.

insert into migrated.profiles (_key) values (7);

-- case: a rating is 1 to 5, anything else is left out with a warning
insert into source.dispatch_feedback (id, user_id, rating) values (1, 7, 1), (2, 7, 5), (3, 7, 0), (4, 7, 6);
insert into expected.feedback (_key, _warnings, rating, metadata) values
    (1, '{}', 1, '{"source_rating": 1}'),
    (2, '{}', 5, '{"source_rating": 5}'),
    (3, '{rating_invalid}', null, '{"source_rating": 0}'),
    (4, '{rating_invalid}', null, '{"source_rating": 6}');

-- case: without its user it stays
insert into source.dispatch_feedback (id, user_id, rating, comment, created_at) values
    (1, 7,  3, 'good', '2025-08-01 00:00+00'),
    (2, 99, 3, 'bad',  '2025-08-01 00:00+00');
insert into expected.feedback (_key, _warnings, legacy_id, profile_id, comment, metadata, created_at) values
    (1, '{}', 1, legacy_uuid('profile', 7), 'good', '{"source_feedback_id": 1}', '2025-08-01 00:00+00'),
    (2, '{sender_unknown}', 2, null, 'bad', '{"source_feedback_id": 2}', '2025-08-01 00:00+00');
