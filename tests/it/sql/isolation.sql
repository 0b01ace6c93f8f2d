-- Rows that are good, all of them, and targets that refuse what the test then changes in some. {rows}: how many.
create schema legacy;
create schema fresh;

create type fresh.mood as enum ('calm', 'glad');
create domain fresh.few as int constraint few_check check (value <> 7);
create domain fresh.never as int not null;
create type fresh.pair as (n int, word varchar(4));

create table legacy.parents (id int primary key);
insert into legacy.parents select generate_series(1, 10);
create table fresh.parents (id uuid primary key, legacy_id int);

create table legacy.twins (id int primary key, plain int, fit boolean);
insert into legacy.twins select i, i, true from generate_series(1, 6) i;
create table fresh.twins (id uuid primary key, legacy_id int, plain uuid, fit boolean constraint twins_fit check (fit));

create table legacy.plain (
    id int primary key, must text, email text, nick text, turn int, lone int, lane int, word text, low int, high int,
    mood text, code text, fixed text, label text, small int, share numeric, seen timestamp, doc text, raw text,
    token text, few int, never int, divisor int, tricky text, parent int, boss int, twin int);
insert into legacy.plain
select i, 'must', 'user' || i, 'nick' || i, i, nullif(i, 1), i, 'fine', i, i + 1, 'calm', 'abcd', 'abc', 'label', 1, 1.25,
       '2020-01-01', '{"a": 1}', '{}', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', 1, 1, 5, 'no', i % 10 + 1,
       case when i % 50 > 1 then i - i % 50 + 1 end, case when i <= 6 then i end
from generate_series(1, {rows}) i;
create table fresh.plain (
    id uuid primary key, legacy_id int, must text not null, email text constraint plain_email_key unique, nick text,
    turn int constraint plain_turn_key unique deferrable initially deferred,
    lone int constraint plain_lone_key unique nulls not distinct,
    lane int, constraint plain_lane_excl exclude using btree (lane with =),
    word text constraint plain_word check (word <> 'forbidden'), low int, high int,
    constraint plain_order check (low < high),
    mood fresh.mood, code varchar(4), fixed char(3), label name, small smallint, share numeric(6,2), seen timestamp(0),
    doc jsonb, raw json, token uuid, few fresh.few, never fresh.never, divisor int,
    part int generated always as (100 / divisor) stored, tricky text,
    parent uuid references fresh.parents, boss uuid references fresh.plain, twin uuid references fresh.twins);
create unique index plain_nick on fresh.plain (lower(nick));
alter table fresh.twins add constraint twins_plain_fkey foreign key (plain) references fresh.plain;
create function fresh.guard() returns trigger language plpgsql as $$
begin
    case new.tricky
        when 'raise' then raise exception 'no';
        when 'own' then raise exception 'no' using errcode = 'ZZ123';
        when 'check' then raise exception 'no' using errcode = 'check_violation';
        when 'drop' then return null;
        else return new;
    end case;
end $$;
create trigger guard before insert on fresh.plain for each row execute function fresh.guard();

create table legacy.texts (
    id int primary key, span text, ip text, gap text, bits text, rel text, pair text, area text, doc text, few int, never int,
    listed int);
insert into legacy.texts
select i, '[2020-01-01,2020-02-01)', '10.0.0.1', '1 day', '101', 'fresh.plain', '(1,word)', '[' || i || ',' || i || ']',
       '{"a": 1}', 1, 1, 1
from generate_series(1, {rows}) i;
create table fresh.texts (
    id uuid primary key, legacy_id int, span daterange, ip inet, gap interval, bits bit(3), rel regclass, pair fresh.pair,
    area int4range, constraint texts_area_excl exclude using gist (area with &&), doc jsonb, few fresh.few,
    never fresh.never, listed fresh.few[]);

create table legacy.parts (id int primary key, n int, code text);
insert into legacy.parts select i, i % 100, 'code ' || i from generate_series(1, {rows}) i;
create table fresh.parts (
    id uuid, legacy_id int, n int, code text, primary key (id, n), constraint parts_code_key unique (code, n))
    partition by range (n);
create table fresh.parts_low partition of fresh.parts for values from (0) to (50);
create table fresh.parts_high partition of fresh.parts for values from (50) to (100);

create table legacy.natural_keys (id int primary key, code text);
insert into legacy.natural_keys select i, 'code ' || i from generate_series(1, {rows}) i;
create table fresh.natural_keys (code text primary key, n int);

create table legacy.known (id int primary key);
insert into legacy.known select generate_series(1, {rows});
create table fresh.known (id uuid primary key, legacy_id int constraint known_legacy_id_key unique);

create table legacy.broad (id int primary key, wide text);
insert into legacy.broad select i, 'narrow ' || i from generate_series(1, {rows}) i;
create table fresh.broad (id uuid primary key, legacy_id int, wide text);
create index broad_wide on fresh.broad (wide);
