-- A bracket belongs to a jaw that is there; teeth are numbered as FDI does.

insert into migrated.jaws (_key, jaw_type) values (1, 'upper'), (2, 'lower');

-- case: a tooth of its own jaw is as it should be
insert into source.dispatch_bracket (id, jaw_id, tooth) values (1, 1, 11), (2, 1, 28), (3, 2, 31), (4, 2, 48);
insert into expected.brackets (_key, _warnings, tooth, jaw_id) values
    (1, '{}', 11, legacy_uuid('jaw', 1)),
    (2, '{}', 28, legacy_uuid('jaw', 1)),
    (3, '{}', 31, legacy_uuid('jaw', 2)),
    (4, '{}', 48, legacy_uuid('jaw', 2));

-- case: a tooth of the other jaw, or of none, is warned of
insert into source.dispatch_bracket (id, jaw_id, tooth) values (1, 1, 31), (2, 2, 21), (3, 1, 19), (4, 1, 10), (5, 2, 51);
insert into expected.brackets (_key, _warnings, tooth) values
    (1, '{tooth_of_other_jaw}', 31),
    (2, '{tooth_of_other_jaw}', 21),
    (3, '{tooth_of_other_jaw}', 19),
    (4, '{tooth_of_other_jaw}', 10),
    (5, '{tooth_of_other_jaw}', 51);

-- case: without its jaw a bracket is refused
insert into source.dispatch_bracket (id, jaw_id, tooth) values (1, 99, 11);
insert into expected.brackets (_key, _outcome) values (1, reject('jaw_not_migrated', 'jaws', 99));

-- case: a bracket is kept to the digit
insert into source.dispatch_bracket (id, jaw_id, kind, tooth, torque, angulation, slot, taken_at, created_at) values
    (1, 1, 'ceramic', 12, -7.25, 5, 0.022, '2025-08-01 10:00+00', '2025-08-02 10:00+00');
insert into expected.brackets
    (_key, legacy_id, kind, torque, angulation, slot, taken_at, metadata, created_at)
values
    (1, 1, 'ceramic', -7.25, 5.00, 0.022, '2025-08-01 10:00+00', '{"source_bracket_id": 1, "source_jaw_id": 1}',
     '2025-08-02 10:00+00');
