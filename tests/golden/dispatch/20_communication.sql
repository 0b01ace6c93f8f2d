-- Golden rows of communication and rights: for each reason, skip reason and warning one legacy row at least, planted
-- here (from 9200001 on) or found in the sample, with what must become of it.

-- Content types -------------------------------------------------------------------------------------------------------

-- A model that nobody listed, and 9200002, which does not exist.
insert into django_content_type values (9200001, 'loyalty', 'bonus');

-- dispatch_patient_doctor ---------------------------------------------------------------------------------------------

insert into dispatch_patient_doctor
select 9200001, 9200001, p.doctor_id, true, '2024-02-29 12:00:00.000001+00'
from dispatch_patient p
where p.doctor_id is not null
order by p.id
limit 1;

insert into golden
values ('patient_doctors', 9200001, 'rejected', 'patient_not_migrated', '');
insert into golden
select 'patient_doctors', min(pd.id), 'rejected', 'doctor_not_migrated', ''
from dispatch_patient_doctor pd
where pd.doctor_id > 500000;

-- auth_group_permissions ----------------------------------------------------------------------------------------------

insert into auth_permission values
    (9200001, 'Can give a bonus', 9200001, 'give_bonus'),
    (9200002, 'Can see "ghosts"', 9200002, 'view_ghost');
insert into auth_group_permissions values
    (9200001, 1, 9200001),
    (9200002, 1, 9200002),
    (9200003, 9200001, 1),
    (9200004, 1, 9200003);

insert into golden values
    ('role_permissions', 9200001, 'migrated', '', ''),
    ('role_permissions', 9200002, 'migrated', '', 'content_type_unknown'),
    ('role_permissions', 9200003, 'rejected', 'missing_group', ''),
    ('role_permissions', 9200004, 'rejected', 'missing_permission', '');

-- dispatch_record on plans --------------------------------------------------------------------------------------------

-- Plans: a pair that goes round, a root of an instruction that is gone, its revision, a revision of a plan that is
-- gone, a root of a deleted patient, a root of an order without a doctor, and a sound one.
insert into dispatch_plan values
    (9200001, null,    9200002, 1, '', false, '2024-01-01 00:00:00+00'),
    (9200002, null,    9200001, 1, '', false, '2024-01-01 00:00:00+00'),
    (9200003, 9200001, null,    1, '', false, '2024-01-01 00:00:00+00'),
    (9200004, null,    9200003, 2, '', false, '2024-01-01 00:00:00+00'),
    (9200005, null,    9200099, 2, '', false, '2024-01-01 00:00:00+00');
insert into dispatch_plan
select 9200006, min(i.id), null, 1, '', false, '2025-09-01 00:00:00+00'
from dispatch_instruction i
join dispatch_patient p on p.id = i.patient_id
where p.is_deleted;
insert into dispatch_plan
select 9200007, min(i.id), null, 1, '', false, '2025-09-01 00:00:00+00'
from dispatch_instruction i
join dispatch_patient p on p.id = i.patient_id
where p.doctor_id is null and p.office_id is null and coalesce(i.doctor_id, 500001) > 500000;
insert into dispatch_plan
select 9200008, min(i.id), null, 1, '', false, '2025-09-01 00:00:00+00'
from dispatch_instruction i
join dispatch_patient p on p.id = i.patient_id
where not p.is_deleted and p.doctor_id is not null;

insert into dispatch_record values
    (9200001, 12, 9200098, null,    'on a plan that is gone',          '2025-09-02 00:00:00+00'),
    (9200002, 12, 9200001, null,    'on a plan that goes round',       '2025-09-02 00:00:00+00'),
    (9200003, 12, 9200003, null,    'on a plan of nothing',            '2025-09-02 00:00:00+00'),
    (9200004, 12, 9200004, null,    'on a revision of it',             '2025-09-02 00:00:00+00'),
    (9200005, 12, 9200005, null,    'on a revision of no plan',        '2025-09-02 00:00:00+00'),
    (9200006, 12, 9200006, null,    'on a plan of a deleted patient',  '2025-09-02 00:00:00+00'),
    (9200007, 12, 9200007, null,    'on a plan of a rejected order',   '2025-09-02 00:00:00+00'),
    (9200008, 12, 9200008, 9200001, 'Is this a question? It LOOKS GOOD',
        '2025-09-02 00:00:00.123456+00'),
    (9200009, 9200001, 1, null,     'on a model that nobody listed',   '2025-09-02 00:00:00+00'),
    (9200010, 9200002, 1, null,     'on nothing that has a name',      '2025-09-02 00:00:00+00');
-- By the plan's old name
insert into dispatch_record
select 9200011, t.id, 9200008, 1, E'a "treatment"\n\\ ü 😀', '2025-09-02 00:00:00+00'
from django_content_type t
where t.app_label = 'dispatch' and t.model = 'treatmentplan';

insert into golden values
    ('case_messages_records', 9200001, 'rejected', 'missing_plan', ''),
    ('case_messages_records', 9200002, 'rejected', 'plan_cycle', ''),
    ('case_messages_records', 9200003, 'rejected', 'missing_instruction', ''),
    ('case_messages_records', 9200004, 'rejected', 'missing_instruction', ''),
    ('case_messages_records', 9200005, 'rejected', 'missing_instruction', ''),
    ('case_messages_records', 9200006, 'rejected', 'case_not_migrated', ''),
    ('case_messages_records', 9200007, 'rejected', 'order_not_migrated', ''),
    ('case_messages_records', 9200008, 'migrated', '', 'sender_unknown'),
    ('case_messages_records', 9200009, 'skipped',  'on_other_model', ''),
    ('case_messages_records', 9200010, 'skipped',  'unknown_content_type', ''),
    ('case_messages_records', 9200011, 'migrated', '', ''),
    ('treatment_discussions', 9200009, 'skipped',  'on_other_model', ''),
    ('treatment_discussions', 9200010, 'skipped',  'unknown_content_type', ''),
    ('treatment_discussions', 9200011, 'skipped',  'on_plan', ''),
    ('doctor_notes',          9200009, 'skipped',  'on_other_model', ''),
    ('doctor_notes',          9200010, 'rejected', 'unknown_content_type', ''),
    ('doctor_notes',          9200011, 'skipped',  'on_plan', ''),
    ('treatment_plans',       9200001, 'rejected', 'plan_cycle', ''),
    ('treatment_plans',       9200004, 'rejected', 'missing_instruction', ''),
    ('treatment_plans',       9200005, 'rejected', 'missing_instruction', ''),
    ('treatment_plans',       9200007, 'rejected', 'order_not_migrated', '');

-- Plans are told by name, so what has the number of plans elsewhere is no plan here.
insert into golden
select f.flow, min(r.id), 'skipped', 'on_instruction', ''
from dispatch_record r
join django_content_type t on t.id = r.content_type_id and (t.app_label, t.model) = ('dispatch', 'instruction')
cross join (values ('case_messages_records'), ('doctor_notes')) as f (flow)
group by f.flow;
insert into golden
select f.flow, min(r.id), 'skipped', 'on_patient', ''
from dispatch_record r
join django_content_type t on t.id = r.content_type_id and (t.app_label, t.model) = ('dispatch', 'patient')
cross join (values ('case_messages_records'), ('treatment_discussions')) as f (flow)
group by f.flow;

-- One of each other family
insert into dispatch_record
select 9200020 + m.nth, t.id, 1, null, 'on a ' || m.model, '2025-09-02 00:00:00+00'
from (values
    (1, 'office'), (2, 'file'), (3, 'jaw'), (4, 'payment'), (5, 'task'), (6, 'comment'), (7, 'setting')
) as m (nth, model)
join django_content_type t on t.app_label = 'dispatch' and t.model = m.model;

insert into golden
select f.flow, 9200020 + s.nth, 'skipped', s.reason, ''
from (values
    (1, 'on_people'), (2, 'on_files'), (3, 'on_clinical'), (4, 'on_business'), (5, 'on_workflow'), (6, 'on_messages'),
    (7, 'on_system')
) as s (nth, reason)
cross join (values ('case_messages_records'), ('treatment_discussions'), ('doctor_notes')) as f (flow);

-- dispatch_record on instructions and patients ------------------------------------------------------------------------

insert into dispatch_record values
    (9200031, 11, 9200001, null,    'on an instruction that is gone', '2025-09-02 00:00:00+00'),
    (9200041, 9,  9200001, null,    'on a patient who is gone',       '2025-09-02 00:00:00+00'),
    (9200042, 9,  1,       9200001, '',                               '2025-09-02 00:00:00+00');
insert into dispatch_record
select 9200032, 11, p.instruction_id, null, 'on a rejected order', '2025-09-02 00:00:00+00'
from dispatch_plan p
where p.id = 9200007;
insert into dispatch_record
select 9200033, 11, p.instruction_id, 9200001, 'on an order without a case', '2025-09-02 00:00:00+00'
from dispatch_plan p
where p.id = 9200006;
insert into dispatch_record
select 9200034, 11, min(i.id), null, 'on a stock order', '2025-10-20 00:00:00+00'
from dispatch_instruction i
where i.patient_id is null;

insert into golden values
    ('treatment_discussions', 9200031, 'rejected', 'missing_instruction', ''),
    ('treatment_discussions', 9200032, 'rejected', 'order_not_migrated', ''),
    ('treatment_discussions', 9200033, 'migrated', '', 'no_case'),
    ('treatment_discussions', 9200033, 'migrated', '', 'author_unknown'),
    ('treatment_discussions', 9200034, 'migrated', '', 'no_case'),
    ('doctor_notes',          9200041, 'rejected', 'patient_not_migrated', ''),
    ('doctor_notes',          9200042, 'migrated', '', 'author_unknown');

-- dispatch_record_attachments -----------------------------------------------------------------------------------------

insert into dispatch_record_attachments values
    (9200001, 9200001, 1,       '2025-09-03 00:00:00+00'),
    (9200002, 9200009, 1,       '2025-09-03 00:00:00+00'),
    (9200003, 9200008, 9200001, '2025-09-03 00:00:00+00'),
    (9200004, 9200011, 1,       '2025-09-03 00:00:00+00');

insert into golden values
    ('message_attachments', 9200001, 'rejected', 'message_not_migrated', ''),
    ('message_attachments', 9200002, 'rejected', 'message_not_migrated', ''),
    ('message_attachments', 9200003, 'rejected', 'file_not_migrated', ''),
    ('message_attachments', 9200004, 'migrated', '', '');

-- dispatch_message, dispatch_communication, dispatch_feedback ---------------------------------------------------------

insert into dispatch_message values
    (9200001, 1,       9200001, 'To nobody',   'text', null, '2025-09-04 00:00:00+00'),
    (9200002, 9200001, 1,       'From nobody', 'text', null, '2025-09-04 00:00:00+00'),
    (9200003, 1,       1,       '',            '',     '2025-09-04 00:00:00.000001+00', '2025-09-04 00:00:00+00');
insert into dispatch_communication values
    (9200001, 1,       'email',  'sideways', '', '', '2025-09-04 00:00:00+00', '2025-09-04 00:00:00+00'),
    (9200002, 9200001, 'letter', 'outbound', '', '', '2025-09-04 00:00:00+00', '2025-09-04 00:00:00+00'),
    (9200003, 9200001, 'phone',  'Inbound ', '', '', '2025-09-04 00:00:00+00', '2025-09-04 00:00:00+00'),
    (9200004, 9200001, 'phone',  '',         '', '', '2025-09-04 00:00:00+00', '2025-09-04 00:00:00+00');
insert into dispatch_feedback values
    (9200001, 9200001, 5,  '', '2025-09-04 00:00:00+00'),
    (9200002, 1,       -1, '', '2025-09-04 00:00:00+00');

insert into golden values
    ('messages',       9200001, 'rejected', 'recipient_not_migrated', ''),
    ('messages',       9200002, 'migrated', '', 'sender_unknown'),
    ('messages',       9200003, 'migrated', '', ''),
    ('communications', 9200001, 'rejected', 'unknown_direction', ''),
    ('communications', 9200002, 'rejected', 'recipient_not_migrated', ''),
    ('communications', 9200003, 'migrated', '', 'sender_unknown'),
    ('communications', 9200004, 'rejected', 'unknown_direction', ''),
    ('feedback',       9200001, 'migrated', '', 'sender_unknown'),
    ('feedback',       9200002, 'migrated', '', 'rating_invalid');

-- django_admin_log ----------------------------------------------------------------------------------------------------

insert into django_admin_log values
    (9200001, '2025-09-05 00:00:00+00', 1,       '1', 'x', 0, '', 12,      '2025-09-05 00:00:00+00'),
    (9200002, '2025-09-05 00:00:00+00', 9200001, '1', 'x', 3, '', 47,      '2025-09-05 00:00:00+00'),
    (9200003, '2025-09-05 00:00:00+00', 1,       '1', 'x', 1, '', 9200002, '2025-09-05 00:00:00+00'),
    (9200004, '2025-09-05 00:00:00+00', 1,       '',  '',  2, '', null,    '2025-09-05 00:00:00+00');

insert into golden values
    ('audit_logs', 9200001, 'rejected', 'unknown_action', ''),
    ('audit_logs', 9200002, 'migrated', '', 'actor_unknown'),
    ('audit_logs', 9200003, 'migrated', '', 'content_type_unknown'),
    ('audit_logs', 9200004, 'migrated', '', '');
