-- The business of the legacy database "dispatch": what it sells, what was paid, how it is set up, and what happened.
-- (10_practice.sql says what holds for all tables.)

-- Products and projects ----------------------------------------------------------------------------------------------

create table dispatch_product (
    id             integer        primary key,
    sku            varchar(40)    not null,
    name           varchar(200)   not null,
    price          numeric(10,2)  not null,
    is_active      boolean        not null,
    created_at     timestamptz    not null
);

create table dispatch_project (
    id             integer        primary key,
    name           varchar(200)   not null,
    owner_id       integer        not null,        -- a user
    status         varchar(20)    not null,        -- planned, active, on_hold, completed, cancelled
    created_at     timestamptz    not null
);

-- Money --------------------------------------------------------------------------------------------------------------

create table dispatch_payment (
    id             integer        primary key,
    instruction_id integer        not null,
    amount         numeric(12,2)  not null,        -- in the currency; negative where money went back
    currency       varchar(3)     not null,        -- USD, JPY, THB, INR, AUD
    method         varchar(60),                    -- typed by hand
    reference      varchar(120)   not null,        -- typed by hand
    paid_at        timestamptz    not null,
    created_at     timestamptz    not null
);

create table dispatch_invoice (
    id             integer        primary key,
    instruction_id integer        not null,
    number         varchar(40)    not null,
    total          numeric(12,2)  not null,
    status         varchar(20)    not null,        -- draft, sent, paid, overdue, void
    issued_at      timestamptz    not null,
    created_at     timestamptz    not null
);

create table dispatch_purchase (
    id             integer        primary key,
    product_id     integer        not null,
    buyer_id       integer        not null,        -- a user
    quantity       integer        not null,
    amount         numeric(12,2)  not null,
    created_at     timestamptz    not null
);

create table dispatch_operation (
    id             integer        primary key,
    purchase_id    integer,
    kind           varchar(20)    not null,        -- charge, refund, adjustment, fee
    amount         numeric(12,2)  not null,        -- negative where money went back
    created_at     timestamptz    not null
);

create table dispatch_offer (
    id             integer        primary key,
    code           varchar(40)    not null,        -- not unique
    product_id     integer        not null,
    percent        numeric(5,2)   not null,
    starts_at      timestamptz    not null,
    ends_at        timestamptz    not null,
    created_at     timestamptz    not null
);

create table dispatch_discount (
    id             integer        primary key,
    code           varchar(40)    not null,        -- not unique
    product_id     integer        not null,
    percent        numeric(5,2)   not null,
    starts_at      timestamptz    not null,
    ends_at        timestamptz    not null,
    created_at     timestamptz    not null
);

-- Settings -----------------------------------------------------------------------------------------------------------

create table dispatch_setting (
    id             integer        primary key,
    key            text           not null,
    value          text,                           -- JSON, mostly
    created_at     timestamptz    not null
);

create table dispatch_metadata (
    id             integer        primary key,
    key            text           not null,
    value          text,                           -- JSON, mostly
    created_at     timestamptz    not null
);

create table dispatch_preference (
    id             integer        primary key,
    user_id        integer        not null,
    key            varchar(80)    not null,
    value          text,
    created_at     timestamptz    not null
);

-- Calendar and log ---------------------------------------------------------------------------------------------------

create table dispatch_schedule (
    id             integer        primary key,
    user_id        integer        not null,
    patient_id     integer,
    starts_at      timestamptz    not null,
    ends_at        timestamptz    not null,
    kind           varchar(40)    not null,
    created_at     timestamptz    not null
);

create table dispatch_event (
    id             integer        primary key,
    actor_id       integer,                        -- a user
    kind           varchar(80)    not null,
    payload        text,                           -- JSON, mostly
    occurred_at    timestamptz    not null,
    created_at     timestamptz    not null
);
