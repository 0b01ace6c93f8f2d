-- What a careful person does by hand so that rows come in fast, as statements, read from the target's own catalog:
-- first keys, foreign keys and indexes of the filled tables are dropped; when a table's rows are in, its indexes are
-- built (several at a time may be); when they stand, they become keys again, and foreign keys are made without a look
-- at the rows (which locks the referenced table for a moment only) and then validated.
with filled (oid, place) as (
    select ('public.' || name)::regclass::oid, place
    from unnest(array['system_messages', 'migration_mappings', 'tasks', 'files', 'case_messages'])
        with ordinality as t (name, place)
),
constraints as (
    select
        c.oid, c.conname, c.contype, c.conindid, pg_get_constraintdef(c.oid) as definition,
        c.conrelid::regclass::text as owner,
        -- A foreign key from elsewhere stands on the keys of the table that it refers to.
        f.oid as of
    from pg_constraint c
    join filled f on f.oid = case when c.contype = 'f' and c.conrelid not in (select oid from filled)
        then c.confrelid else c.conrelid end
    where c.contype in ('p', 'u', 'f')
),
indexes as (
    select
        i.indexrelid, i.indexrelid::regclass::text as name, i.indrelid as of,
        pg_get_indexdef(i.indexrelid) as definition
    from pg_index i
    join filled f on f.oid = i.indrelid
),
statements (stage, place, of, statement) as (
    select 'drop', 1, of, format('alter table %s drop constraint %I', owner, conname)
    from constraints
    where contype = 'f'
    union all
    select 'drop', 2, of, format('alter table %s drop constraint %I', owner, conname)
    from constraints
    where contype <> 'f'
    union all
    select 'drop', 3, of, format('drop index %s', name)
    from indexes
    where indexrelid not in (select conindid from constraints where contype <> 'f')
    union all
    select 'index', 1, of, definition
    from indexes
    union all
    select 'finish', 1, of, format(
        'alter table %s add constraint %I %s using index %I',
        owner, conname, case contype when 'p' then 'primary key' else 'unique' end, conname
    )
    from constraints
    where contype <> 'f'
    union all
    select 'finish', 2, of, format('alter table %s add constraint %I %s not valid', owner, conname, definition)
    from constraints
    where contype = 'f'
    union all
    select 'finish', 3, of, format('alter table %s validate constraint %I', owner, conname)
    from constraints
    where contype = 'f'
)
select json_agg(
    json_build_object('stage', s.stage, 'table', f.oid::regclass::text, 'statement', s.statement)
    order by f.place, s.stage, s.place, s.statement
)
from statements s
join filled f on f.oid = s.of
