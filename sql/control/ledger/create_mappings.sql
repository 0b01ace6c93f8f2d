-- The record of every legacy key and the UUID it became. Integer keys stand in legacy_id, all others in legacy_key.
create table if not exists {table} (
    entity_type text        not null,
    legacy_id   bigint      not null,
    entity_uuid uuid        not null,
    run_id      uuid,
    legacy_key  text,
    created_at  timestamptz not null default now(),
    primary key (entity_type, legacy_id)
)
