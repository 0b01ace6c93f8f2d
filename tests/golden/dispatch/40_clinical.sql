-- One row for each reason and warning of the flows of what was measured (10_practice.sql says how). Keys are from
-- 9,000,401 up; 9,999,401 and up are of rows that do not exist. Needs no other file's rows.

insert into dispatch_patient
    (id, user_id, doctor_id, office_id, suffix, birth_date, sex, is_deleted, deleted_at, created_at)
values (9000401, 9999401, null, null, null, null, 'U', false, null, '2025-08-02 10:00+00');

insert into dispatch_instruction (id, patient_id, doctor_id, status, kind, notes, submitted_at, is_deleted, created_at)
values
    (9000401, 9000401, null, 2, 'aligner', '', null, false, '2025-08-03 10:00+00'),         -- rejected: missing_doctor
    (9000402, null,    null, 2, 'stock',   '', null, false, '2025-08-03 10:01+00');         -- loaded

insert into dispatch_jaw (id, instruction_id, jaw_type, tooth_count, notes, created_at)
values
    (9000401, 9999401, 'upper',      14, '',                                '2025-08-04 10:00+00'),
    (9000402, 9000401, 'upper',      14, '',                                '2025-08-04 10:01+00'),
    (9000403, 9000402, 'both',       14, 'Slower wear; flowers',            '2025-08-04 10:02+00'),
    (9000404, 9000402, null,         14, E'lower\nor maxillary?',           '2025-08-04 10:03+00'),
    (9000405, 9000402, '-',          14, E'"LOWER\\mandible" per O''Brien', '2025-08-04 10:04+00'),
    (9000406, 9000402, E'　\tMaxilla\n', 17, 'lower follows',               '2025-08-04 10:05+00'),
    (9000407, 9000402, ' ขากรรไกรล่าง ', 14, '上顎',                         '2025-08-04 10:06+00');

insert into dispatch_bracket (id, jaw_id, kind, tooth, torque, angulation, slot, taken_at, created_at)
values
    (9000401, 9999401, 'metal', 11, -7.00, 5.00, 0.022, '2025-08-05 10:00+00', '2025-08-05 11:00+00'),    -- gone
    (9000402, 9000403, 'metal', 11, null,  null, null,  '2025-08-05 10:01+00', '2025-08-05 11:00+00'),    -- unknown
    (9000403, 9000402, 'metal', 11, 0.00,  0.10, 0.018, '2025-08-05 10:02+00', '2025-08-05 11:00+00'),    -- no order
    (9000404, 9000406, 'metal', 31, 25.50, 0.00, 0.020, '2025-08-05 10:03+00', '2025-08-05 11:00+00'),
    (9000405, 9000407, 'metal', 48, 25.50, 0.00, 0.020, '2025-08-05 10:04+00', '2025-08-05 11:00+00'),
    (9000406, 9000407, 'metal', 39, 25.50, 0.00, 0.020, '2025-08-05 10:05+00', '2025-08-05 11:00+00');    -- no tooth

insert into dispatch_scan (id, instruction_id, kind, resolution, dose, taken_at, created_at)
values
    (9000401, 9999401, 'cbct', 0.200, 90.00,     '2025-08-05 10:00+00', '2025-08-05 11:00+00'),
    (9000402, 9000401, 'cbct', 0.200, 90.00,     '2025-08-05 10:01+00', '2025-08-05 11:00+00'),
    (9000403, 9000402, 'cbct', 0.000, 999999.90, '2025-08-05 10:02+00', '2025-08-05 11:00+00');

insert into dispatch_impression (id, instruction_id, kind, shrinkage, weight, taken_at, created_at)
values
    (9000401, 9999401, 'alginate', 1.500,   40.00,    '2025-08-05 10:00+00', '2025-08-05 11:00+00'),
    (9000402, 9000401, 'alginate', 1.500,   40.00,    '2025-08-05 10:01+00', '2025-08-05 11:00+00'),
    (9000403, 9000402, 'alginate', -99.900, 99999.90, '2025-08-05 10:02+00', '2025-08-05 11:00+00');

insert into dispatch_measurement
    (id, instruction_id, jaw_id, kind, value, deviation, notes, taken_at, created_at)
values
    (9000401, null,    9999401, 'overjet', 2.500,    0.1000, '', '2025-08-05 10:00+00', '2025-08-05 11:00+00'),
    (9000402, null,    9000403, 'overjet', 2.500,    0.1000, '', '2025-08-05 10:01+00', '2025-08-05 11:00+00'),
    (9000403, null,    9000402, 'overjet', 2.500,    0.1000, '', '2025-08-05 10:02+00', '2025-08-05 11:00+00'),
    (9000404, 9999401, null,    'overjet', 2.500,    0.1000, '', '2025-08-05 10:03+00', '2025-08-05 11:00+00'),
    (9000405, 9000401, null,    'overjet', 2.500,    0.1000, '', '2025-08-05 10:04+00', '2025-08-05 11:00+00'),
    (9000406, null,    null,    'overjet', 2.500,    0.1000, '', '2025-08-05 10:05+00', '2025-08-05 11:00+00'),
    (9000407, 9000401, 9000406, 'overjet', -999.990, 99.9990, E'"\\\n', '2025-08-05 10:06+00', '2025-08-05 11:00+00'),
    (9000408, 9000402, 9000403, 'overjet', 0.000,    null,   '', '2025-08-05 10:07+00', '2025-08-05 11:00+00'),
    (9000409, 9000402, 9000407, 'overjet', null,     0.0000, '', '2025-08-05 10:08+00', '2025-08-05 11:00+00');

insert into golden (flow, key, outcome, reason, warning)
values
    ('jaws',         9000401, 'rejected', 'missing_instruction', ''),
    ('jaws',         9000402, 'rejected', 'order_not_migrated',  ''),
    ('jaws',         9000403, 'rejected', 'jaw_type_unknown',    ''),
    ('jaws',         9000404, 'rejected', 'jaw_type_unknown',    ''),
    ('jaws',         9000405, 'migrated', '',                    'jaw_type_from_notes'),
    ('jaws',         9000406, 'migrated', '',                    'tooth_count_unusual'),
    ('jaws',         9000407, 'migrated', '',                    ''),
    ('brackets',     9000401, 'rejected', 'jaw_not_migrated',    ''),
    ('brackets',     9000402, 'rejected', 'jaw_not_migrated',    ''),
    ('brackets',     9000403, 'rejected', 'jaw_not_migrated',    ''),       -- caused two rows up: by its jaw's order
    ('brackets',     9000404, 'migrated', '',                    'tooth_of_other_jaw'),
    ('brackets',     9000405, 'migrated', '',                    ''),
    ('brackets',     9000406, 'migrated', '',                    'tooth_of_other_jaw'),
    ('scans',        9000401, 'rejected', 'missing_instruction', ''),
    ('scans',        9000402, 'rejected', 'order_not_migrated',  ''),
    ('scans',        9000403, 'migrated', '',                    ''),
    ('impressions',  9000401, 'rejected', 'missing_instruction', ''),
    ('impressions',  9000402, 'rejected', 'order_not_migrated',  ''),
    ('impressions',  9000403, 'migrated', '',                    ''),
    ('measurements', 9000401, 'rejected', 'jaw_not_migrated',    ''),
    ('measurements', 9000402, 'rejected', 'jaw_not_migrated',    ''),
    ('measurements', 9000403, 'rejected', 'jaw_not_migrated',    ''),
    ('measurements', 9000404, 'rejected', 'missing_instruction', ''),
    ('measurements', 9000405, 'rejected', 'order_not_migrated',  ''),
    ('measurements', 9000406, 'rejected', 'missing_parent',      ''),
    ('measurements', 9000407, 'migrated', '',                    'instruction_differs'),
    ('measurements', 9000408, 'rejected', 'jaw_not_migrated',    ''),       -- its order is there, its jaw is not
    ('measurements', 9000409, 'migrated', '',                    '');
