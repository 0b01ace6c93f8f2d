create table thing_{number} (
    id       uuid primary key,
    label    text not null,
    amount   numeric(10, 2),
    noted_at timestamptz not null,
    details  jsonb
);
