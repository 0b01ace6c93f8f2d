-- The run's durable memory, in a schema that no API role is granted.
begin;

create schema if not exists rehome;
revoke all on schema rehome from public;

-- One row: who may write. Every chunk's transaction looks at it, so that an older run that still breathes cannot write.
create table if not exists rehome.epoch (
    singleton   boolean     primary key default true check (singleton),
    epoch       bigint      not null,
    run_id      uuid,
    taken_at    timestamptz not null default clock_timestamp(),
    -- Which target this is, wherever it is reached from: part of what a run is.
    target_id   uuid        not null default md5(random()::text || clock_timestamp()::text)::uuid
);
alter table rehome.epoch add column if not exists target_id uuid not null
    default md5(random()::text || clock_timestamp()::text)::uuid;

create table if not exists rehome.runs (
    run_id        uuid        primary key,
    pipeline      text        not null,
    pipeline_hash text        not null,
    snapshot_id   text        not null,
    tool_version  text        not null,
    state         text        not null default 'running' check (state in ('running', 'done')),
    starts        integer     not null default 1,
    started_at    timestamptz not null default clock_timestamp(),
    finished_at   timestamptz
);

-- What is in the target, chunk by chunk. A chunk's first statement claims its row here.
create table if not exists rehome.chunks (
    run_id       uuid        not null references rehome.runs (run_id),
    flow         text        not null,
    chunk        text        not null,
    rows         bigint      not null default 0,
    refused      bigint      not null default 0,
    committed_at timestamptz not null default clock_timestamp(),
    primary key (run_id, flow, chunk)
);

-- Which flows a run has loaded, to which table and under which entity.
create table if not exists rehome.flows (
    run_id       uuid not null references rehome.runs (run_id),
    flow         text not null,
    entity       text not null,
    table_schema text not null,
    table_name   text not null,
    primary key (run_id, flow)
);

-- Rejected rows, whole. A row that only the target refused has an SQLSTATE and the UUID it was to have. A row rejected
-- for the fate of another names it: the flow and the legacy key. chunk: as in rehome.chunks. taken_out: the row was in,
-- and a constraint that came back refused it.
create table if not exists rehome.quarantine (
    run_id          uuid        not null,
    flow            text        not null,
    legacy_key      text        not null,
    reason          text        not null,
    sqlstate        text,
    constraint_name text,
    column_name     text,
    entity_uuid     uuid,
    warnings        text[],
    cause_flow      text,
    cause_key       text,
    source_row      jsonb,
    chunk           text,
    taken_out       boolean     not null default false,
    created_at      timestamptz not null default now()
);
alter table rehome.quarantine add column if not exists cause_flow text;
alter table rehome.quarantine add column if not exists cause_key text;
alter table rehome.quarantine add column if not exists chunk text;
alter table rehome.quarantine add column if not exists taken_out boolean not null default false;
create index if not exists quarantine_run_flow on rehome.quarantine (run_id, flow);

-- Rows that were in the target before the run brought them: updated by it, adopted as they were, or refused, and there.
create table if not exists rehome.existing (
    run_id      uuid not null references rehome.runs (run_id),
    flow        text not null,
    entity_uuid uuid not null,
    fate        text not null check (fate in ('updated', 'adopted', 'refused')),
    primary key (run_id, flow, entity_uuid)
);

-- Ids that the target's own defaults made for the rows of a flow, in the order of the rows' keys.
create table if not exists rehome.made_ids (
    run_id uuid   not null references rehome.runs (run_id),
    flow   text   not null,
    place  bigint not null,
    value  text   not null,
    primary key (run_id, flow, place)
);

-- Constraints and indexes taken away for the time of a load. A row leaves when its object is back.
create table if not exists rehome.saved_ddl (
    id              bigint      generated always as identity primary key,
    run_id          uuid        not null,
    table_schema    text        not null,
    table_name      text        not null,
    object_name     text        not null,
    sort            text        not null check (sort in ('primary_key', 'unique', 'index', 'foreign_key')),
    definition      text        not null,
    comment         text,
    index_comment   text,
    columns         text[]      not null,
    referenced      text[],
    predicate       text,
    nulls_equal     boolean     not null,
    is_deferrable   boolean     not null,
    is_deferred     boolean     not null,
    clustered       boolean     not null,
    validated       boolean     not null,
    index_made      boolean     not null default false,
    saved_at        timestamptz not null default clock_timestamp(),
    unique (table_schema, table_name, sort, object_name)
);

commit;
