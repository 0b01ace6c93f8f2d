create table mixed (
    id        uuid primary key,
    boss_id   uuid,
    active    boolean not null,
    label     text not null,
    note      text,
    amount    numeric(12, 2),
    measured  numeric,
    ratio     double precision,
    day       date,
    noted_at  timestamptz not null,
    local_at  timestamp,
    code      uuid not null,
    details   jsonb,
    tags      text[]
)
