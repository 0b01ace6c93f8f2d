-- Every legacy key → UUID conversion, as the business kept it. Rows that are here before a migration are adopted.
create table public.migration_mappings (
    entity_type text        not null,
    legacy_id   bigint      not null,
    entity_uuid uuid        not null,
    created_at  timestamptz default now(),
    constraint migration_mappings_pkey primary key (entity_type, legacy_id)
);

create index migration_mappings_entity_uuid_idx on public.migration_mappings (entity_uuid);

-- It lies in an exposed schema: without a policy, row level security keeps the API out of it.
alter table public.migration_mappings enable row level security;
revoke all on public.migration_mappings from anon, authenticated;
grant select on public.migration_mappings to service_role;
