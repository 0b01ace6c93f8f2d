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

alter table rehome.runs drop constraint if exists runs_state_check;
alter table rehome.runs add constraint runs_state_check check (state in ('running', 'done', 'rolling_back', 'rolled_back'));
-- Runs of one pipeline follow each other: each brings what differs from the one before. The number tells their order.
alter table rehome.runs add column if not exists number bigint generated always as identity;
alter table rehome.runs add column if not exists namespace uuid;
alter table rehome.runs add column if not exists parent uuid;
alter table rehome.runs add column if not exists mappings text;
alter table rehome.runs add column if not exists made_mappings boolean not null default false;
-- Of what it was made, should its outcomes be lost: where the snapshot lay, and the rules, as files in JSON.
alter table rehome.runs add column if not exists snapshot text;
alter table rehome.runs add column if not exists rules text;

-- All runs that build on each other with a run, itself among them: those of its namespace.
create or replace view rehome.lineage as
select o.run_id as of_run, l.run_id as member
from rehome.runs o
join rehome.runs l on l.namespace is not distinct from o.namespace;

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

-- Of what it loads: all of it, or what differs from the run `base`; the flow's rules; the columns of the table, in the order
-- of before-images; whether the table was empty before. done: its rows are in, and those that are gone are noted.
alter table rehome.flows add column if not exists mode text not null default 'full';
alter table rehome.flows add column if not exists base uuid;
alter table rehome.flows add column if not exists rules text;
alter table rehome.flows add column if not exists columns text[];
alter table rehome.flows add column if not exists identity text[];
alter table rehome.flows add column if not exists was_empty boolean;
alter table rehome.flows add column if not exists done boolean not null default false;
-- While other processes may load chunks of it: what they need to know, with the epoch for which it is so.
alter table rehome.flows add column if not exists open_for jsonb;
alter table rehome.flows add column if not exists begun_at timestamptz not null default clock_timestamp();

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
-- Tables without a key can be changed where somebody publishes all tables.
alter table rehome.quarantine replica identity full;

-- Rows that were in the target before the run brought them: updated by it, adopted as they were, or refused, and there.
create table if not exists rehome.existing (
    run_id      uuid not null references rehome.runs (run_id),
    flow        text not null,
    entity_uuid uuid not null,
    fate        text not null check (fate in ('updated', 'adopted', 'refused')),
    primary key (run_id, flow, entity_uuid)
);

-- Rejects that a later run no longer has, as they stood in the quarantine.
create table if not exists rehome.resolved (
    run_id uuid  not null references rehome.runs (run_id),
    flow   text  not null,
    reject jsonb not null
);
create index if not exists resolved_run on rehome.resolved (run_id);
alter table rehome.resolved replica identity full;

-- Every row that a run has moved beside a first load, so that it can be put back: which (`identity` after the move), what it
-- was (`before`, the texts of the table's columns; none of an inserted row) and a hash of what it became (`after`; none of a
-- deleted row). altered: columns in which the target has something else than was written, since a trigger saw to it.
create table if not exists rehome.before_images (
    run_id     uuid        not null,
    flow       text        not null,
    row_id     uuid        not null,
    legacy_key text,
    move       text        not null check (move in ('inserted', 'updated', 'marked', 'deleted')),
    identity   text[]      not null,
    before     text[],
    after      text,
    altered    text[],
    moved_at   timestamptz not null default clock_timestamp(),
    primary key (run_id, flow, row_id, move)
);
-- One row for each that a run inserts: a foreign key, and an index over all of them, doubled what it costs to note them.
alter table rehome.before_images drop constraint if exists before_images_run_id_fkey;
drop index if exists rehome.before_images_row;
create index if not exists before_images_changed on rehome.before_images (flow, row_id)
    where move <> 'inserted' or altered is not null;

-- Rows of the target that the latest outcomes do not account for: their source row is gone, or fell out, or the target refused
-- what it became. image: a hash of the row as it stood then. waiting: its flow's `on_gone` is still to be applied.
create table if not exists rehome.kept (
    run_id     uuid   not null references rehome.runs (run_id),
    flow       text   not null,
    row_id     uuid   not null,
    legacy_key text   not null,
    entity_key text   not null,
    why        text   not null check (why in ('gone', 'fallen_out', 'refused')),
    identity   text[] not null,
    image      text   not null,
    waiting    boolean not null,
    ended_by   uuid   references rehome.runs (run_id),
    primary key (run_id, flow, row_id)
);
create index if not exists kept_row on rehome.kept (flow, row_id) where ended_by is null;

-- Rows that a run would have changed, and that others had changed or deleted before, or refer to.
create table if not exists rehome.conflicts (
    run_id     uuid        not null references rehome.runs (run_id),
    flow       text        not null,
    row_id     uuid        not null,
    legacy_key text        not null,
    what       text        not null check (what in ('changed', 'deleted', 'referenced', 'unknown')),
    columns    text[]      not null,
    decided    text        not null check (decided in ('kept', 'overwritten')),
    found_at   timestamptz not null default clock_timestamp(),
    primary key (run_id, flow, row_id)
);

-- Mappings of rows that a run deleted, as they were.
create table if not exists rehome.former_mappings (
    run_id  uuid  not null references rehome.runs (run_id),
    flow    text  not null,
    mapping jsonb not null
);
create index if not exists former_mappings_run on rehome.former_mappings (run_id);
alter table rehome.former_mappings replica identity full;

-- Where sequences stood before a run moved them, and where it left them.
create table if not exists rehome.saved_sequences (
    run_id   uuid    not null references rehome.runs (run_id),
    sequence text    not null,
    before   bigint,
    after    bigint,
    primary key (run_id, sequence)
);

-- Rows that the rollback of a run has left in the target, since others had changed them, or refer to them.
create table if not exists rehome.left_rows (
    run_id     uuid not null references rehome.runs (run_id),
    flow       text not null,
    row_id     uuid not null,
    legacy_key text,
    why        text not null check (why in ('changed', 'deleted', 'referenced', 'refused')),
    primary key (run_id, flow, row_id)
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
-- Of an index or key of a partitioned table: the quoted names of the indexes of its partitions, which it holds together.
alter table rehome.saved_ddl add column if not exists holds text[];

-- How the tables that a run loaded stood when it ended: their rows, where they had held none before us, and their columns,
-- constraints, indexes, triggers, policies and sequences, so that it can be told later what has gone.
create table if not exists rehome.tables_left (
    run_id       uuid   not null references rehome.runs (run_id),
    table_schema text   not null,
    table_name   text   not null,
    rows         bigint,
    structure    jsonb  not null,
    primary key (run_id, table_schema, table_name)
);

commit;
