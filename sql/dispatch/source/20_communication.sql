-- The legacy database "dispatch": groups and their rights, content types, the admin's log, and what people wrote to
-- each other. (10_practice.sql says how these files are made.)

-- Rights -------------------------------------------------------------------------------------------------------------

create table django_content_type (
    id            integer       primary key,       -- drifted apart between installations: only the names mean anything
    app_label     varchar(100)  not null,
    model         varchar(100)  not null,
    unique (app_label, model)
);

create table auth_group (
    id            integer       primary key,
    name          varchar(150)  not null unique
);

create table auth_permission (
    id              integer       primary key,
    name            varchar(255)  not null,
    content_type_id integer       not null,
    codename        varchar(100)  not null,
    unique (content_type_id, codename)
);

create table auth_group_permissions (
    id            integer       primary key,
    group_id      integer       not null,
    permission_id integer       not null,
    unique (group_id, permission_id)
);

create table django_admin_log (
    id              integer       primary key,
    action_time     timestamptz   not null,
    user_id         integer       not null,
    object_id       text          not null,        -- a key of the content type's table, whatever its type
    object_repr     varchar(200)  not null,
    action_flag     smallint      not null,        -- 1 addition, 2 change, 3 deletion
    change_message  text          not null,        -- JSON, or (before 2019) a sentence
    content_type_id integer,
    created_at      timestamptz   not null         -- the same instant as action_time
);

-- Records: notes on anything, by a generic foreign key ---------------------------------------------------------------

create table dispatch_record (
    id              integer       primary key,
    content_type_id integer       not null,
    object_id       integer       not null,        -- a key of the content type's table
    author_id       integer,                       -- a user
    text            text          not null,
    created_at      timestamptz   not null
);

create table dispatch_record_attachments (
    id            integer       primary key,
    record_id     integer       not null,
    file_id       integer       not null,
    created_at    timestamptz   not null,
    unique (record_id, file_id)
);

-- Messages between users, with the world outside, and opinions -------------------------------------------------------

create table dispatch_message (
    id            integer       primary key,
    sender_id     integer       not null,          -- a user
    recipient_id  integer       not null,          -- a user
    subject       varchar(200)  not null,
    body          text          not null,
    read_at       timestamptz,
    created_at    timestamptz   not null
);

create table dispatch_communication (
    id            integer       primary key,
    user_id       integer       not null,
    channel       varchar(20)   not null,          -- email, phone, sms, fax, letter
    direction     varchar(10)   not null,          -- inbound: from the user; outbound: to the user
    subject       varchar(200)  not null,
    body          text          not null,
    sent_at       timestamptz   not null,
    created_at    timestamptz   not null
);

create table dispatch_feedback (
    id            integer       primary key,
    user_id       integer       not null,
    rating        smallint      not null,          -- 1 to 5 stars
    comment       text          not null,
    created_at    timestamptz   not null
);
