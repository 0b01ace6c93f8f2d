-- What a Supabase project has before any table of its own: the API roles, the schemas auth and extensions,
-- auth.users, and the functions that policies and triggers call. Only what the dispatch migration touches.

-- Roles belong to the whole cluster: a second database, or one being made at this moment, may have made them already.
do $$
declare
    api_role text;
begin
    foreach api_role in array array['anon', 'authenticated', 'service_role bypassrls'] loop
        begin
            if not exists (select from pg_roles where rolname = split_part(api_role, ' ', 1)) then
                execute 'create role ' || api_role || ' nologin noinherit';
            end if;
        exception
            when duplicate_object or unique_violation then null;
        end;
    end loop;
end
$$;

create schema extensions;
create schema auth;

grant usage on schema public, extensions, auth to anon, authenticated, service_role;

-- The columns of GoTrue's own table. The token columns may be NULL there, but a NULL in one of them breaks the login
-- of that user; so they are NOT NULL with '' here, and a migration that forgets them fails early.
create table auth.users (
    instance_id                 uuid,
    id                          uuid not null,
    aud                         varchar(255),
    role                        varchar(255),
    email                       varchar(255),
    encrypted_password          varchar(255) not null default '',
    email_confirmed_at          timestamptz,
    invited_at                  timestamptz,
    confirmation_token          varchar(255) not null default '',
    confirmation_sent_at        timestamptz,
    recovery_token              varchar(255) not null default '',
    recovery_sent_at            timestamptz,
    email_change_token_new      varchar(255) not null default '',
    email_change                varchar(255) not null default '',
    email_change_sent_at        timestamptz,
    last_sign_in_at             timestamptz,
    raw_app_meta_data           jsonb,
    raw_user_meta_data          jsonb,
    is_super_admin              boolean,
    created_at                  timestamptz,
    updated_at                  timestamptz,
    phone                       text,
    phone_confirmed_at          timestamptz,
    phone_change                text not null default '',
    phone_change_token          varchar(255) not null default '',
    phone_change_sent_at        timestamptz,
    confirmed_at                timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
    email_change_token_current  varchar(255) not null default '',
    email_change_confirm_status smallint not null default 0,
    banned_until                timestamptz,
    reauthentication_token      varchar(255) not null default '',
    reauthentication_sent_at    timestamptz,
    is_sso_user                 boolean not null default false,
    deleted_at                  timestamptz,
    is_anonymous                boolean not null default false,
    constraint users_pkey primary key (id),
    constraint users_phone_key unique (phone),
    constraint users_email_change_confirm_status_check check (email_change_confirm_status between 0 and 2)
);

create unique index users_email_partial_key on auth.users (email) where (is_sso_user = false);
create unique index confirmation_token_idx on auth.users (confirmation_token) where confirmation_token !~ '^[0-9 ]*$';
create unique index recovery_token_idx on auth.users (recovery_token) where recovery_token !~ '^[0-9 ]*$';
create index users_instance_id_idx on auth.users (instance_id);

alter table auth.users enable row level security;

-- The user of the request, as PostgREST hands it over.
create function auth.uid() returns uuid
    language sql stable
    as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
    $$;

create function public.set_updated_at() returns trigger
    language plpgsql
    set search_path = ''
    as $$
begin
    new.updated_at := now();
    return new;
end
$$;
