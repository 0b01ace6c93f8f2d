-- Upper or lower: what the type says in any of its spellings, else what the notes say.

insert into source.dispatch_instruction (id) values (7), (8);
insert into migrated.orders (_key) values (7);

-- case: the type is read in any spelling, blanks and capitals apart
insert into source.dispatch_jaw (id, instruction_id, jaw_type, tooth_count) values
    (1, 7, ' Upper Jaw ', 14), (2, 7, 'l', 14), (3, 7, '　上顎', 14), (4, 7, 'ขากรรไกรล่าง', 14), (5, 7, e'MAXILLA\n', 14);
insert into expected.jaws (_key, _warnings, jaw_type, metadata) values
    (1, '{}', 'upper', '{"jaw_type": "upper", "jaw_type_told_by": "jaw_type"}'),
    (2, '{}', 'lower', '{}'), (3, '{}', 'upper', '{}'), (4, '{}', 'lower', '{}'), (5, '{}', 'upper', '{}');

-- case: else whole words of the notes tell it
insert into source.dispatch_jaw (id, instruction_id, jaw_type, notes, tooth_count) values
    (1, 7, null, 'The UPPER one', 14),
    (2, 7, 'both?', 'mandible.', 14),
    (3, 7, null, 'upper and lower', 14),
    (4, 7, null, 'slower, top priority', 14),
    (5, 7, '', '下顎の', 14);
insert into expected.jaws (_key, _warnings, jaw_type, metadata) values
    (1, '{jaw_type_from_notes}', 'upper', '{"jaw_type_told_by": "notes"}'),
    (2, '{jaw_type_from_notes}', 'lower', '{"jaw_type_told_by": "notes"}'),
    (5, '{jaw_type_from_notes}', 'lower', '{"jaw_type_told_by": "notes"}');
insert into expected.jaws (_key, _outcome) values (3, reject('jaw_type_unknown')), (4, reject('jaw_type_unknown'));

-- case: one jaw has 1 to 16 teeth
insert into source.dispatch_jaw (id, instruction_id, jaw_type, tooth_count) values (1, 7, 'u', 0), (2, 7, 'u', 1), (3, 7, 'u', 16), (4, 7, 'u', 17);
insert into expected.jaws (_key, _warnings, tooth_count) values
    (1, '{tooth_count_unusual}', 0), (2, '{}', 1), (3, '{}', 16), (4, '{tooth_count_unusual}', 17);

-- case: without its order a jaw is refused
insert into source.dispatch_jaw (id, instruction_id, jaw_type) values (1, 99, 'u'), (2, 8, 'u');
insert into expected.jaws (_key, _outcome) values
    (1, reject('missing_instruction', 'orders', 99)),
    (2, reject('order_not_migrated', 'orders', 8));

-- case: a jaw is kept whole
insert into source.dispatch_jaw (id, instruction_id, jaw_type, tooth_count, notes, created_at) values (1, 7, 'top', 12, 'crowded', '2025-08-01 00:00+00');
insert into expected.jaws (_key, legacy_id, order_id, jaw_type, notes, metadata, created_at) values
    (1, 1, legacy_uuid('order', 7), 'upper', 'crowded', '{"source_jaw_id": 1}', '2025-08-01 00:00+00');
