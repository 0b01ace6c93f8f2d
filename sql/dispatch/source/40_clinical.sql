-- What was measured, schema public: jaws, brackets, scans, impressions, measurements. (10_practice.sql says how the
-- legacy database is made.)

create table dispatch_jaw (
    id             integer      primary key,
    instruction_id integer      not null,
    jaw_type       varchar(40),                    -- upper or lower, in whatever words; typed by hand
    tooth_count    smallint     not null,
    notes          text         not null,
    created_at     timestamptz  not null
);

create table dispatch_bracket (
    id             integer      primary key,
    jaw_id         integer      not null,
    kind           varchar(40)  not null,          -- metal, ceramic, self_ligating, lingual
    tooth          smallint     not null,          -- FDI: 11 to 28 are of the upper jaw, 31 to 48 of the lower
    torque         numeric(5,2),                   -- degrees
    angulation     numeric(5,2),                   -- degrees
    slot           numeric(4,3),                   -- inches: 0.018 or 0.022
    taken_at       timestamptz  not null,
    created_at     timestamptz  not null
);

create table dispatch_scan (
    id             integer      primary key,
    instruction_id integer      not null,
    kind           varchar(40)  not null,          -- intraoral, model, facial, panoramic, cephalometric, cbct
    resolution     numeric(6,3),                   -- millimetres
    dose           numeric(8,2),                   -- microsieverts; X-rays only
    taken_at       timestamptz  not null,
    created_at     timestamptz  not null
);

create table dispatch_impression (
    id             integer      primary key,
    instruction_id integer      not null,
    kind           varchar(40)  not null,          -- alginate, silicone, polyether
    shrinkage      numeric(6,3),                   -- percent
    weight         numeric(7,2),                   -- grams
    taken_at       timestamptz  not null,
    created_at     timestamptz  not null
);

create table dispatch_measurement (
    id             integer      primary key,
    instruction_id integer,                        -- of a whole order
    jaw_id         integer,                        -- or of one jaw of it; a few rows name both
    kind           varchar(40)  not null,          -- overjet, overbite, crowding, …
    value          numeric(6,3),                   -- millimetres
    deviation      numeric(6,4),                   -- of repeated readings
    notes          text         not null,
    taken_at       timestamptz  not null,
    created_at     timestamptz  not null
);
