-- As the ledger's quarantine is.
create table {table} (
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
create index on {table} (run_id, flow)
