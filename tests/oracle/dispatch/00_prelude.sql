-- What all files of the oracle need. They run in their numbers' order on the legacy database, in one session or
-- several.
--
-- Each makes a table oracle_<flow>(key, outcome, reason, warnings, "row"): what must become of each source row by the
-- rules, written in PostgreSQL's own way and apart from the flows. "row" holds the target's columns of a migrated
-- row, else NULL. The test fills oracle_mappings beforehand with what the target held before the migration.

-- Timestamps turn into JSON in the session's time zone.
set timezone = 'UTC';
do $$
begin
    execute format('alter database %I set timezone = %L', current_database(), 'UTC');
end
$$;

create extension if not exists "uuid-ossp";

create table if not exists oracle_mappings (
    entity_type text   not null,
    legacy_id   bigint not null,
    entity_uuid uuid   not null,
    primary key (entity_type, legacy_id)
);

-- The legacy tables have a primary key and little else.
create index oracle_user_address on auth_user (lower(btrim(email)));
create index oracle_patient_doctor on dispatch_patient (doctor_id);
create index oracle_office_doctors_user on dispatch_office_doctors (user_id);
create index oracle_office_doctors_office on dispatch_office_doctors (office_id);
create index oracle_instruction_patient on dispatch_instruction (patient_id);

create function oracle_is_adopted(entity text, key bigint) returns boolean
    language sql stable
    as $$ select exists (select from oracle_mappings m where m.entity_type = entity and m.legacy_id = key) $$;

-- The namespace is that of pipelines/dispatch.toml.
create function oracle_uuid(entity text, key bigint) returns uuid
    language sql stable strict
    as $$
    select coalesce(
        (select m.entity_uuid from oracle_mappings m where m.entity_type = entity and m.legacy_id = key),
        uuid_generate_v5('98ca70b6-9e35-497a-afc1-173f97c46038'::uuid, format('%s:int:%s', entity, key))
    )
    $$;

-- migrated, adopted or rejected; a skip is the flow's own affair.
create function oracle_outcome(entity text, key bigint, reason text) returns text
    language sql stable
    as $$
    select case
        when reason is not null then 'rejected'
        when oracle_is_adopted(entity, key) then 'adopted'
        else 'migrated'
    end
    $$;

-- A source row under the names that metadata uses.
create function oracle_source(source_row jsonb, source_table text) returns jsonb
    language sql immutable
    as $$
    select jsonb_object_agg(
               'source_' || case f.key
                   when 'id' then regexp_replace(source_table, '^(dispatch|auth)_', '') || '_id'
                   else f.key
               end,
               f.value
           ) || jsonb_build_object('migration_source', source_table)
    from jsonb_each(source_row) f
    $$;

create function oracle_is_jsonb(document text) returns boolean
    language plpgsql immutable strict
    as $$
begin
    perform document::jsonb;
    return true;
exception
    when others then return false;
end
$$;

create function oracle_status(code integer) returns text
    language sql immutable
    as $$
    select coalesce(
        (array['draft', 'submitted', 'accepted', 'planning', 'awaiting_approval', 'approved', 'production', 'shipped',
               'delivered', 'on_hold', 'in_treatment', 'closed', 'cancelled'])[code],
        'unknown'
    )
    $$;

create function oracle_full_name(first_name text, last_name text) returns text
    language sql immutable
    as $$ select nullif(btrim(concat(first_name, ' ', last_name)), '') $$;

-- From each plan up to where its parents end. The flows walk the other way.
create table oracle_plan_top as
with recursive upward as (
    select p.id as plan_id, p.id as at, p.parent_id, p.instruction_id, 0 as steps
    from dispatch_plan p
    union all
    select u.plan_id, p.id, p.parent_id, p.instruction_id, u.steps + 1
    from upward u, dispatch_plan p
    where p.id = u.parent_id
) cycle at set comes_back using path
select distinct on (u.plan_id)
    u.plan_id,
    u.at as top_id,
    u.steps,
    u.comes_back as is_cycle,
    u.parent_id is not null and not u.comes_back as is_orphan,
    case when u.parent_id is null then u.instruction_id end as instruction_id
from upward u
order by u.plan_id, u.steps desc;

alter table oracle_plan_top add primary key (plan_id);
