-- A target whose offices are not what the flow writes: a column of another type, one missing, one demanded.
create table public.offices (
    id         uuid primary key,
    legacy_id  bigint unique,
    name       text,
    country    date,
    city       text,
    phone      text,
    email      text,
    demanded   text not null,
    metadata   jsonb not null,
    created_at timestamptz
);
