/*---
title = "Files and work: every reference finds its row"
---*/

-- A reference that the target requires is an offence when it is missing, too.

select t._key, 'technicians' as flow, 'profile_id' as reference
from migrated.technicians t
left join migrated.profiles p on p.id = t.profile_id
where p._key is null
union all
select t._key, 'technicians', 'technician_role_id'
from migrated.technicians t
left join migrated.technician_roles r on r.id = t.technician_role_id
where t.technician_role_id is not null and r._key is null
union all
select t._key, 'tasks', 'order_id'
from migrated.tasks t
left join migrated.orders o on o.id = t.order_id
where o._key is null
union all
select t._key, 'tasks', 'technician_role_id'
from migrated.tasks t
left join migrated.technician_roles r on r.id = t.technician_role_id
where r._key is null
union all
select t._key, 'tasks', 'technician_id'
from migrated.tasks t
left join migrated.technicians w on w.id = t.technician_id
where t.technician_id is not null and w._key is null
union all
select t._key, 'tasks', 'profile_id'
from migrated.tasks t
left join migrated.profiles p on p.id = t.profile_id
where t.profile_id is not null and p._key is null
union all
select f._key, 'files', 'uploaded_by'
from migrated.files f
left join migrated.profiles p on p.id = f.uploaded_by
where f.uploaded_by is not null and p._key is null
union all
select c._key, 'case_files', 'file_id'
from migrated.case_files c
left join migrated.files f on f.id = c.file_id
where f._key is null
union all
select c._key, 'case_files', 'case_id'
from migrated.case_files c
left join migrated.cases k on k.id = c.case_id
where k._key is null
union all
select c._key, 'case_files', 'order_id'
from migrated.case_files c
left join migrated.orders o on o.id = c.order_id
where o._key is null
union all
select i._key, 'images', 'file_id'
from migrated.images i
left join migrated.files f on f.id = i.file_id
where f._key is null
union all
select i._key, 'images', 'case_id'
from migrated.images i
left join migrated.cases k on k.id = i.case_id
where i.case_id is not null and k._key is null
union all
select d._key, 'documents', 'file_id'
from migrated.documents d
left join migrated.files f on f.id = d.file_id
where f._key is null
union all
select d._key, 'documents', 'case_id'
from migrated.documents d
left join migrated.cases k on k.id = d.case_id
where d.case_id is not null and k._key is null
union all
select v._key, 'template_view_groups', 'template_id'
from migrated.template_view_groups v
left join migrated.templates t on t.id = v.template_id
where t._key is null
union all
select v._key, 'template_view_roles', 'template_id'
from migrated.template_view_roles v
left join migrated.templates t on t.id = v.template_id
where t._key is null
union all
select v._key, 'template_view_roles', 'technician_role_id'
from migrated.template_view_roles v
left join migrated.technician_roles r on r.id = v.technician_role_id
where r._key is null
union all
select w._key, 'workflows', 'template_id'
from migrated.workflows w
left join migrated.templates t on t.id = w.template_id
where t._key is null
union all
select w._key, 'workflows', 'patient_id'
from migrated.workflows w
left join migrated.patients p on p.id = w.patient_id
where p._key is null
union all
select w._key, 'workflows', 'case_id'
from migrated.workflows w
left join migrated.cases k on k.id = w.case_id
where w.case_id is not null and k._key is null
