create table public.map_parent (entity text not null, legacy_id bigint not null, id uuid not null)
