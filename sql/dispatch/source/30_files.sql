-- The legacy database "dispatch", continued: files, and the work on orders with those who do it.

-- Files --------------------------------------------------------------------------------------------------------------

create table dispatch_file (
    id            integer       primary key,
    filename      varchar(255)  not null,
    size          bigint        not null,          -- bytes
    mime_type     varchar(120)  not null,          -- '' where it was not known
    storage_key   varchar(255)  not null,
    sha256        varchar(64)   not null,
    uploaded_by   integer,                         -- a user
    is_deleted    boolean       not null,
    created_at    timestamptz   not null
);

create table dispatch_file_instruction (
    id             integer      primary key,
    file_id        integer      not null,
    instruction_id integer      not null,
    created_at     timestamptz  not null,
    unique (file_id, instruction_id)
);

-- Work ---------------------------------------------------------------------------------------------------------------

create table dispatch_role (
    id            integer       primary key,
    code          varchar(40)   not null unique,
    name          varchar(120)  not null,
    created_at    timestamptz   not null
);

create table dispatch_user_role (
    id            integer       primary key,
    user_id       integer       not null,
    role_id       integer       not null,
    created_at    timestamptz   not null,
    unique (user_id, role_id)
);

create table dispatch_agent (
    id            integer       primary key,
    user_id       integer       not null unique,
    role_id       integer       not null,
    created_at    timestamptz   not null
);

create table dispatch_task (
    id             integer      primary key,
    instruction_id integer,                        -- NULL or 0 where there is none
    assignee_id    integer,                        -- a user
    role_id        integer      not null,
    kind           varchar(40)  not null,
    status         varchar(20)  not null,          -- new, assigned, in_progress, waiting, completed, cancelled
    due_at         timestamptz,
    completed_at   timestamptz,
    created_at     timestamptz  not null
);

-- Who sees which template --------------------------------------------------------------------------------------------

create table dispatch_template_view_groups (
    id            integer       primary key,
    template_id   integer       not null,
    group_id      integer       not null,
    created_at    timestamptz   not null,
    unique (template_id, group_id)
);

create table dispatch_template_view_roles (
    id            integer       primary key,
    template_id   integer       not null,
    role_id       integer       not null,
    created_at    timestamptz   not null,
    unique (template_id, role_id)
);
