-- What all who write by hand have prepared in the source, outside of what is timed: for each entity a table from legacy
-- key to UUID. Those of the parents are what the target holds. Those of the four tables hold the rows that move and no
-- others, so that what is rejected or skipped needs no look: in the schema `whole` all of them, in `rest` those that a
-- target in use does not have yet.
create extension if not exists "uuid-ossp";

create table public.map_profile as
select legacy_id::integer, id from public.map_parent where entity = 'profile' order by legacy_id;
create table public.map_technician as
select legacy_id::integer, id from public.map_parent where entity = 'technician' order by legacy_id;
create table public.map_technician_role as
select legacy_id::integer, id from public.map_parent where entity = 'technician_role' order by legacy_id;
create table public.map_order as
select legacy_id::integer, id from public.map_parent where entity = 'order' order by legacy_id;
create table public.map_case as
select legacy_id::integer, id from public.map_parent where entity = 'case' order by legacy_id;
create table public.map_treatment_plan as
select legacy_id::integer, id from public.map_parent where entity = 'treatment_plan' order by legacy_id;

alter table public.map_profile add primary key (legacy_id);
alter table public.map_technician add primary key (legacy_id);
alter table public.map_technician_role add primary key (legacy_id);
alter table public.map_order add primary key (legacy_id);
alter table public.map_case add primary key (legacy_id);
alter table public.map_treatment_plan add primary key (legacy_id);

create function public.is_jsonb(value text) returns boolean language plpgsql immutable as $$
begin
    perform value::jsonb;
    return true;
exception when others then
    return false;
end $$;

-- From each plan to its root, and to the instruction that the root names.
create table public.plan_root as
with recursive chain as (
    select p.id, p.id as root_id, p.instruction_id
    from dispatch_plan p
    where p.parent_id is null
    union all
    select p.id, c.root_id, c.instruction_id
    from chain c
    join dispatch_plan p on p.parent_id = c.id
)
select c.id, c.root_id, c.instruction_id, i.patient_id
from chain c
join dispatch_instruction i on i.id = c.instruction_id
order by c.id;

alter table public.plan_root add primary key (id);

create schema whole;

create table whole.map_system_message as
select n.id as legacy_id, uuid_generate_v5('{namespace}', 'system_message:int:' || n.id) as id
from dispatch_notification n
join map_profile p on p.legacy_id = n.recipient_id
where coalesce(n.template_context, '') = '' or is_jsonb(n.template_context)
order by n.id;

create table whole.map_task as
select t.id as legacy_id, uuid_generate_v5('{namespace}', 'task:int:' || t.id) as id
from dispatch_task t
join dispatch_instruction i on i.id = t.instruction_id
join map_order o on o.legacy_id = t.instruction_id
join map_technician_role r on r.legacy_id = t.role_id
order by t.id;

create table whole.map_file as
select f.id as legacy_id, uuid_generate_v5('{namespace}', 'file:int:' || f.id) as id
from dispatch_file f
order by f.id;

create table whole.map_record_message as
select r.id as legacy_id, uuid_generate_v5('{namespace}', 'record_message:int:' || r.id) as id
from dispatch_record r
join django_content_type t on t.id = r.content_type_id
join plan_root p on p.id = r.object_id
join map_order o on o.legacy_id = p.instruction_id
join map_case c on c.legacy_id = p.patient_id
where t.app_label = 'dispatch' and t.model in ('plan', 'treatmentplan')
order by r.id;

alter table whole.map_system_message add primary key (legacy_id);
alter table whole.map_task add primary key (legacy_id);
alter table whole.map_file add primary key (legacy_id);
alter table whole.map_record_message add primary key (legacy_id);

create schema rest;

create table rest.map_system_message as
select * from whole.map_system_message where legacy_id % 2 = 1 order by legacy_id;
create table rest.map_task as
select * from whole.map_task where legacy_id % 2 = 1 order by legacy_id;
create table rest.map_file as
select * from whole.map_file where legacy_id % 2 = 1 order by legacy_id;
create table rest.map_record_message as
select * from whole.map_record_message where legacy_id % 2 = 1 order by legacy_id;

alter table rest.map_system_message add primary key (legacy_id);
alter table rest.map_task add primary key (legacy_id);
alter table rest.map_file add primary key (legacy_id);
alter table rest.map_record_message add primary key (legacy_id);
