-- The legacy database "dispatch" (Django, integer keys), schema public: the tables that the sample fills.
--
-- As in the original, no foreign key is enforced: that is how the orphans came to be. Columns that the application
-- left empty are nullable, every other one is NOT NULL; a reference that is NOT NULL may dangle all the same.
-- Column order and types are those of the queries in sql/dispatch/sample/.

-- People -------------------------------------------------------------------------------------------------------------

create table auth_user (
    id            integer       primary key,
    username      varchar(150)  not null,
    email         varchar(254)  not null,          -- '' where there is none; not unique
    first_name    varchar(150)  not null,
    last_name     varchar(150)  not null,
    is_active     boolean       not null,
    is_staff      boolean       not null,
    is_superuser  boolean       not null,
    date_joined   timestamptz   not null,
    last_login    timestamptz,
    created_at    timestamptz   not null
);

create table dispatch_office (
    id            integer       primary key,
    name          varchar(200)  not null,
    country       char(2)       not null,          -- ISO 3166: US, JP, TH, IN, AU
    city          varchar(100)  not null,
    phone         varchar(40)   not null,
    email         varchar(254)  not null,
    is_deleted    boolean       not null,
    created_at    timestamptz   not null
);

create table dispatch_office_doctors (
    id            integer       primary key,
    office_id     integer       not null,
    user_id       integer       not null,
    created_at    timestamptz   not null,
    unique (office_id, user_id)
);

create table dispatch_patient (
    id            integer       primary key,
    user_id       integer       not null unique,
    doctor_id     integer,                         -- a user
    office_id     integer,
    suffix        varchar(16),                     -- the code on the patient's appliances, typed by hand
    birth_date    date,
    sex           char(1)       not null,          -- F, M, X or U (unknown)
    is_deleted    boolean       not null,
    deleted_at    timestamptz,
    created_at    timestamptz   not null
);

create table dispatch_patient_doctor (
    id            integer       primary key,
    patient_id    integer       not null,
    doctor_id     integer       not null,
    is_primary    boolean       not null,
    created_at    timestamptz   not null,
    unique (patient_id, doctor_id)
);

-- Orders and plans ---------------------------------------------------------------------------------------------------

create table dispatch_instruction (
    id            integer       primary key,
    patient_id    integer,
    doctor_id     integer,                         -- a user, or (500001 up) a key of the dropped dispatch_doctor
    -- 1 draft, 2 submitted, 3 accepted, 4 planning, 5 awaiting approval, 6 approved, 7 production, 8 shipped,
    -- 9 delivered, 10 on hold, 11 treatment active, 12 closed, 13 cancelled
    status        integer       not null,
    kind          varchar(40)   not null,          -- aligner, retainer, refinement, crown, bridge, splint, stock
    notes         text          not null,
    submitted_at  timestamptz,
    is_deleted    boolean       not null,
    created_at    timestamptz   not null
);

create table dispatch_plan (
    id             integer      primary key,
    instruction_id integer,                        -- on root plans only
    parent_id      integer,                        -- on revisions: the plan that this one revises
    number         integer      not null,
    notes          text         not null,
    is_approved    boolean      not null,
    created_at     timestamptz  not null
);

create table dispatch_state (
    id             integer      primary key,
    status         integer      not null,          -- as dispatch_instruction.status
    "on"           boolean      not null,
    actor_id       integer,                        -- a user
    instruction_id integer,
    created_at     timestamptz  not null
);

create table dispatch_template (
    id            integer       primary key,
    name          varchar(120)  not null unique,
    kind          varchar(40)   not null,
    body          text          not null,
    is_active     boolean       not null,
    created_at    timestamptz   not null
);

create table dispatch_instance (
    id            integer       primary key,
    template_id   integer       not null,
    patient_id    integer       not null,
    state         varchar(40)   not null,          -- new, running, waiting, done
    created_at    timestamptz   not null
);

-- Communication ------------------------------------------------------------------------------------------------------

create table dispatch_comment (
    id            integer       primary key,
    plan_id       integer       not null,
    author_id     integer,                         -- a user
    text          text          not null,
    created_at    timestamptz   not null
);

create table dispatch_notification (
    id               bigint        primary key,
    recipient_id     integer       not null,       -- a user
    template_name    varchar(120)  not null,
    template_context text,                         -- JSON, mostly
    channel          varchar(20)   not null,       -- email, sms, push, in_app
    is_read          boolean       not null,
    created_at       timestamptz   not null
);
