-- The 51 content types: id, names, and the family of models each is of, with its number (from 0) within the family.
-- The ids drifted: plan is 12 and, under its old name treatmentplan, 47; some models are gone.
with types (id, app_label, model, family) as (
    values
    ( 1, 'admin',        'logentry',      'system'),        ( 2, 'auth',     'permission',      'system'),
    ( 3, 'auth',         'group',         'system'),        ( 4, 'auth',     'user',            'people'),
    ( 5, 'contenttypes', 'contenttype',   'system'),        ( 6, 'sessions', 'session',         'system'),
    ( 7, 'dispatch',     'office',        'people'),        ( 8, 'dispatch', 'doctor',          'people'),
    ( 9, 'dispatch',     'patient',       'patient'),       (10, 'dispatch', 'patientdoctor',   'people'),
    (11, 'dispatch',     'instruction',   'instruction'),   (12, 'dispatch', 'plan',            'plan'),
    (13, 'dispatch',     'comment',       'messages'),      (14, 'dispatch', 'record',          'messages'),
    (15, 'dispatch',     'message',       'messages'),      (16, 'dispatch', 'communication',   'messages'),
    (17, 'dispatch',     'feedback',      'messages'),      (18, 'dispatch', 'notification',    'messages'),
    (19, 'dispatch',     'state',         'clinical'),      (20, 'dispatch', 'task',            'workflow'),
    (21, 'dispatch',     'file',          'files'),         (22, 'dispatch', 'fileinstruction', 'files'),
    (23, 'dispatch',     'jaw',           'clinical'),      (24, 'dispatch', 'bracket',         'clinical'),
    (25, 'dispatch',     'scan',          'clinical'),      (26, 'dispatch', 'impression',      'clinical'),
    (27, 'dispatch',     'measurement',   'clinical'),      (28, 'dispatch', 'product',         'business'),
    (29, 'dispatch',     'project',       'business'),      (30, 'dispatch', 'payment',         'business'),
    (31, 'dispatch',     'invoice',       'business'),      (32, 'dispatch', 'purchase',        'business'),
    (33, 'dispatch',     'operation',     'business'),      (34, 'dispatch', 'offer',           'business'),
    (35, 'dispatch',     'discount',      'business'),      (36, 'dispatch', 'role',            'people'),
    (37, 'dispatch',     'userrole',      'people'),        (38, 'dispatch', 'agent',           'people'),
    (39, 'dispatch',     'template',      'workflow'),      (40, 'dispatch', 'instance',        'workflow'),
    (41, 'dispatch',     'setting',       'system'),        (42, 'dispatch', 'metadata',        'system'),
    (43, 'dispatch',     'preference',    'system'),        (44, 'dispatch', 'schedule',        'workflow'),
    (45, 'dispatch',     'event',         'workflow'),      (47, 'dispatch', 'treatmentplan',   'treatmentplan'),
    (48, 'dispatch',     'shipment',      'business'),      (52, 'dispatch', 'photo',           'files'),
    (53, 'dispatch',     'label',         'workflow'),      (57, 'sites',    'site',            'system'),
    (60, 'authtoken',    'token',         'system')
)
select id, app_label, model, family,
    cast(row_number() over (partition by family order by id) as bigint) - 1 as nth,
    count(*) over (partition by family)                                     as members,
    cast(row_number() over (order by id) as bigint)                         as ordinal
from types
