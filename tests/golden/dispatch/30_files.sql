-- Files and work: a row for each reason, each skip and each warning that the sample has none of, and a line in golden
-- for every one. Rows are planted from 9,300,001 on; users, orders and patients are the sample's own.

-- What the planted rows lean on
create temporary table lean as
select
    (select min(i.id) from dispatch_instruction i join dispatch_patient p on p.id = i.patient_id
     where not p.is_deleted and p.doctor_id is not null)                             as good_order,
    (select min(i.id) from dispatch_instruction i join dispatch_patient p on p.id = i.patient_id
     where p.is_deleted and p.doctor_id is not null)                                 as order_without_case,
    (select min(id) from dispatch_instruction where patient_id is null)              as stock_order,
    (select min(p.id) from dispatch_patient p where p.is_deleted)                    as deleted_patient,
    (select min(p.id) from dispatch_patient p
     where not p.is_deleted and exists (select from dispatch_instruction i where i.patient_id = p.id)) as good_patient,
    (select min(user_id) from dispatch_user_role)                                    as technician,
    (select max(user_id) from dispatch_patient where id < 9000000)                   as stranger,
    (select min(id) from dispatch_template)                                          as template,
    (select min(id) from dispatch_role)                                              as role;

-- Files --------------------------------------------------------------------------------------------------------------

insert into dispatch_file (id, filename, size, mime_type, storage_key, sha256, uploaded_by, is_deleted, created_at)
select id, filename, size, mime_type, 'golden/' || id, repeat('0', 64), uploaded_by, id = 9300003,
    '2025-08-01 12:00:00.000001+00'
from (
    values
    (9300001, '',                     0,                   'image/png ; q=1',                         8888888),
    (9300002, E'a\tb\\"c''d\r\n.pdf', 9223372036854775807, ' Application/PDF',                        null),
    (9300003, 'no instruction',       1,                   '',                                        null),
    (9300004, 'no case.stl',          1,                   'image/',                                  null),
    (9300005, 'stock.odt',            1,                   'application/vnd.oasis.opendocument.text', null),
    (9300006, 'one of two links.tif', 1,                   'IMAGE/TIFF;x;y',                          null),
    (9300007, 'twice the same case',  1,                   'texty/plain',                             null),
    (9300008, 'good and bad case',    1,                   'application/pdfa',                        null)
) as files (id, filename, size, mime_type, uploaded_by);

insert into dispatch_file_instruction (id, file_id, instruction_id, created_at)
select l.id, l.file_id, l.instruction_id, '2025-08-01 12:00:00.000002+00'
from lean
cross join lateral (
    values
    (9300003, 9300003, 8888888),
    (9300004, 9300004, lean.order_without_case),
    (9300005, 9300005, lean.stock_order),
    (9300006, 9300006, 8888888),
    (9300007, 9300006, lean.good_order),
    (9300008, 9300007, lean.good_order),
    (9300010, 9300008, lean.order_without_case),
    (9300011, 9300008, lean.good_order)
) l (id, file_id, instruction_id);

-- Another order of the same patient, where there is one
insert into dispatch_file_instruction (id, file_id, instruction_id, created_at)
select 9300009, 9300007, min(other.id), '2025-08-01 12:00:00.000003+00'
from lean
join dispatch_instruction good on good.id = lean.good_order
join dispatch_instruction other on other.patient_id = good.patient_id and other.id <> good.id
having min(other.id) is not null;

insert into golden (flow, key, outcome, reason, warning) values
    ('files',      9300001, 'migrated', '',                    'uploader_unknown'),
    ('files',      9300002, 'migrated', '',                    ''),
    ('files',      9300003, 'migrated', '',                    'mime_type_missing'),
    ('case_files', 9300001, 'skipped',  'no_link',             ''),
    ('case_files', 9300003, 'rejected', 'missing_instruction', ''),
    ('case_files', 9300004, 'rejected', 'case_not_migrated',   ''),
    ('case_files', 9300005, 'skipped',  'no_patient',          ''),
    ('case_files', 9300006, 'migrated', '',                    'link_unresolved'),
    ('case_files', 9300007, 'migrated', '',                    ''),
    ('case_files', 9300008, 'migrated', '',                    'link_unresolved'),
    ('images',     9300001, 'migrated', '',                    ''),
    ('images',     9300004, 'skipped',  'not_an_image',        ''),
    ('images',     9300006, 'migrated', '',                    ''),
    ('images',     9300003, 'skipped',  'not_an_image',        ''),
    ('documents',  9300002, 'migrated', '',                    ''),
    ('documents',  9300005, 'migrated', '',                    ''),
    ('documents',  9300007, 'skipped',  'not_a_document',      ''),
    ('documents',  9300008, 'skipped',  'not_a_document',      '');

-- The two of the sample that have links and no case
insert into golden (flow, key, outcome, reason, warning)
select 'case_files', f.id, 'rejected', e.reason, ''
from (
    values
    ('treatment_auxiliary_002.stl',         'conflicting_cases'),
    ('136062118_shell_occlusion_l.stl.stl', 'order_not_migrated')
) e (filename, reason)
join dispatch_file f on f.filename = e.filename;

-- Who works ----------------------------------------------------------------------------------------------------------

insert into dispatch_user_role (id, user_id, role_id, created_at)
select r.id, r.user_id, r.role_id, '2025-08-01 12:00:00+00'
from lean
cross join lateral (
    values
    (9300001, lean.technician, 8888888),
    (9300002, lean.stranger,   8888888)
) r (id, user_id, role_id);

insert into golden (flow, key, outcome, reason, warning)
select 'technicians', g.key, g.outcome, g.reason, g.warning
from lean
cross join lateral (
    values
    (lean.technician,   'migrated', '',                 'several_roles'),
    (lean.stranger,     'migrated', '',                 'role_unknown'),
    (lean.stranger - 1, 'skipped',  'not_a_technician', '')
) g (key, outcome, reason, warning);

insert into golden (flow, key, outcome, reason, warning)
select 'technician_roles', role, 'migrated', '', '' from lean;

-- Tasks --------------------------------------------------------------------------------------------------------------

insert into dispatch_task (id, instruction_id, assignee_id, role_id, kind, status, due_at, completed_at, created_at)
select t.id, t.instruction_id, t.assignee_id, t.role_id, '', t.status, '2025-10-21 00:00:00+00', null,
    '2025-10-20 12:00:00.999999+00'
from lean
cross join lateral (
    values
    (9300001, lean.good_order,  lean.technician,  lean.role, 'Completed'),
    (9300002, lean.good_order,  8888888,          lean.role, 'new'),
    (9300003, null,             lean.technician,  lean.role, 'new'),
    (9300004, 0,                lean.technician,  lean.role, 'new'),
    (9300005, 8888888,          lean.technician,  8888888,   'new'),
    (9300006, lean.good_order,  null,             0,         'new'),
    (9300007, lean.stock_order, lean.stranger - 1, lean.role, 'waiting')
) t (id, instruction_id, assignee_id, role_id, status);

insert into golden (flow, key, outcome, reason, warning) values
    ('tasks', 9300001, 'migrated', '',                    'status_unknown'),
    ('tasks', 9300002, 'migrated', '',                    'assignee_unknown'),
    ('tasks', 9300003, 'rejected', 'missing_instruction', ''),
    ('tasks', 9300004, 'rejected', 'missing_instruction', ''),
    ('tasks', 9300005, 'rejected', 'missing_instruction', ''),
    ('tasks', 9300006, 'rejected', 'unknown_role',        ''),
    ('tasks', 9300007, 'migrated', '',                    '');

-- On the patient who has neither a doctor nor an office, all of whose orders are rejected
insert into golden (flow, key, outcome, reason, warning)
select 'tasks', min(t.id), 'rejected', 'order_not_migrated', ''
from dispatch_task t
join dispatch_instruction i on i.id = t.instruction_id
join dispatch_patient p on p.id = i.patient_id
where p.doctor_id is null and p.office_id is null;

-- Templates ----------------------------------------------------------------------------------------------------------

insert into dispatch_template_view_groups (id, template_id, group_id, created_at)
select 9300001, 8888888, 1, '2025-08-01 12:00:00+00'::timestamptz
union all
select 9300002, template, 8888888, '2025-08-01 12:00:00+00' from lean;

insert into dispatch_template_view_roles (id, template_id, role_id, created_at)
select 9300001, 8888888, role, '2025-08-01 12:00:00+00'::timestamptz from lean
union all
select 9300002, template, 8888888, '2025-08-01 12:00:00+00' from lean;

insert into dispatch_instance (id, template_id, patient_id, state, created_at)
select w.id, w.template_id, w.patient_id, w.state, '2017-01-01 00:00:00+00'
from lean
cross join lateral (
    values
    (9300001, 8888888,       lean.good_patient,    'new'),
    (9300002, lean.template, 8888888,              'new'),
    (9300003, lean.template, lean.deleted_patient, 'running'),
    (9300004, lean.template, lean.good_patient,    'paused')
) w (id, template_id, patient_id, state);

insert into golden (flow, key, outcome, reason, warning) values
    ('template_view_groups', 9300001, 'rejected', 'template_not_migrated', ''),
    ('template_view_groups', 9300002, 'rejected', 'unknown_group',         ''),
    ('template_view_roles',  9300001, 'rejected', 'template_not_migrated', ''),
    ('template_view_roles',  9300002, 'rejected', 'unknown_role',          ''),
    ('workflows',            9300001, 'rejected', 'template_not_migrated', ''),
    ('workflows',            9300002, 'rejected', 'patient_not_migrated',  ''),
    ('workflows',            9300003, 'migrated', '',                      'no_case'),
    ('workflows',            9300004, 'migrated', '',                      'state_unknown');

insert into golden (flow, key, outcome, reason, warning)
select 'templates', template, 'migrated', '', '' from lean;

drop table lean;
