-- Partitioned tables of every sort, in the schema {s}: the flows load those of `fresh`, PostgreSQL those of `judge`.

-- By ranges, no DEFAULT. Its partitions have what the root has not: another order of columns, dropped ones, keys, checks, an
-- index of their own, one that is clustered, comments, defaults that nobody asks for.
create table {s}.ranged (
    id uuid not null default gen_random_uuid(), legacy_id bigint not null, n int, at date not null, word text default 'of the root')
    partition by range (at);
create table {s}.ranged_2024 partition of {s}.ranged for values from ('2024-01-01') to ('2025-01-01');
create table {s}.ranged_2025 (
    gone text, word text default 'of the partition', at date not null, more_gone int, id uuid not null default gen_random_uuid(),
    n int constraint not_thirteen check (n <> 13), legacy_id bigint not null);
alter table {s}.ranged_2025 drop column gone;
alter table {s}.ranged_2025 drop column more_gone;
create unique index one_word on {s}.ranged_2025 (word);
create index "Own Index" on {s}.ranged_2025 (n) with (fillfactor = 71);
alter table {s}.ranged attach partition {s}.ranged_2025 for values from ('2025-01-01') to ('2026-01-01');
alter table {s}.ranged add constraint ranged_key primary key (id, at);
alter table {s}.ranged add constraint once_a_day unique (n, at) deferrable initially deferred;
create index ranged_word on {s}.ranged (word) where n > 5;
create index ranged_lower on {s}.ranged (lower(word), at desc) include (n);
alter table {s}.ranged_2024 cluster on ranged_2024_pkey;
alter table {s}.ranged_2024 alter column n set not null;
comment on constraint ranged_key on {s}.ranged is 'the key';
comment on index {s}.ranged_word is 'it''s of the root';
comment on index {s}.ranged_2024_word_idx is 'of a partition';

-- By lists, with a partition for NULL and a DEFAULT.
create table {s}.listed (
    id uuid not null default gen_random_uuid(), legacy_id bigint not null, n int, word text, unique (legacy_id, word)) partition by list (word);
create table {s}.listed_a partition of {s}.listed for values in ('word 1', 'word 2', 'word 3');
create table {s}.listed_null partition of {s}.listed for values in (null);
create table {s}.listed_rest partition of {s}.listed default;
alter table {s}.listed_rest add constraint not_too_many check (n < 90000);
create index on {s}.listed (id);

-- By hashes, also of NULL.
create table {s}.hashed (
    id uuid not null default gen_random_uuid(), legacy_id bigint not null, n int, word varchar(12), unique (n, word)) partition by hash (n, word);
create table {s}.hashed_0 partition of {s}.hashed for values with (modulus 3, remainder 0);
create table {s}.hashed_1 partition of {s}.hashed for values with (modulus 3, remainder 1);
create table {s}.hashed_2 partition of {s}.hashed for values with (modulus 6, remainder 2);
create table {s}.hashed_5 partition of {s}.hashed for values with (modulus 6, remainder 5);
create index on {s}.hashed (id);

-- Partitions of partitions, by an expression, in another schema; and one gap in the middle.
create table {s}.deep (
    id uuid not null default gen_random_uuid(), legacy_id bigint not null, n int, at date, word text) partition by range (at);
create table {s}.deep_old partition of {s}.deep for values from (minvalue) to ('2025-01-01') partition by list ((n % 3));
create table {s}.deep_old_0 partition of {s}.deep_old for values in (0);
create table {s}.deep_old_1 partition of {s}.deep_old for values in (1);
create table {s}.deep_new partition of {s}.deep for values from ('2025-01-01') to ('2026-06-01') partition by hash (legacy_id);
create table {s}_parts.deep_new_0 partition of {s}.deep_new for values with (modulus 2, remainder 0);
create table {s}_parts.deep_new_1 partition of {s}.deep_new for values with (modulus 2, remainder 1);
create table {s}.deep_rest partition of {s}.deep default;
create index deep_id on {s}.deep (id);
create index deep_word on {s}.deep using hash (word);
create index deep_new_n on {s}.deep_new (n);
create unique index deep_rest_n on {s}.deep_rest (n);

-- Triggers: of the root, which its partitions have too, and of one partition alone.
create table {s}.watched (
    id uuid not null default gen_random_uuid(), legacy_id bigint not null, n int, at date, word text, seen text not null)
    partition by range (at);
create table {s}.watched_2024 partition of {s}.watched for values from ('2024-01-01') to ('2025-01-01');
create table {s}.watched_2025 partition of {s}.watched for values from ('2025-01-01') to ('2026-01-01');
create index on {s}.watched (id);
create index on {s}.watched (n);
create function {s}.fills() returns trigger language plpgsql as $$ begin
    new.seen := 'filled'; return new; end $$;
create function {s}.raises() returns trigger language plpgsql as $$ begin
    if new.n % 50 = 7 then raise exception 'no'; elsif new.n % 50 = 9 then return null; end if;
    new.seen := tg_table_name; return new; end $$;
create function {s}.notes() returns trigger language plpgsql as $$ begin
    insert into {s}.noted values (tg_level || ' ' || tg_when); return null; end $$;
create table {s}.noted (what text);
create trigger fills before insert on {s}.watched_2024 for each row execute function {s}.fills();
create trigger raises before insert on {s}.watched_2025 for each row execute function {s}.raises();
create trigger notes_rows after insert on {s}.watched for each row execute function {s}.notes();

-- A foreign key from and to partitioned tables.
create table {s}.parent (id uuid not null default gen_random_uuid(), legacy_id bigint not null, n int, kind int not null, primary key (n, kind))
    partition by list (kind);
create table {s}.parent_0 partition of {s}.parent for values in (0);
create table {s}.parent_1 partition of {s}.parent for values in (1);
create index on {s}.parent (id);
create table {s}.child (
    id uuid not null default gen_random_uuid(), legacy_id bigint not null, n int, kind int, word text,
    constraint child_parent foreign key (n, kind) references {s}.parent) partition by hash (legacy_id);
-- An ordinary table that refers to a partitioned one.
create table {s}.guest (id uuid primary key default gen_random_uuid(), legacy_id bigint not null, n int, kind int,
    constraint guest_parent foreign key (n, kind) references {s}.parent);
create table {s}.child_0 partition of {s}.child for values with (modulus 2, remainder 0);
create table {s}.child_1 partition of {s}.child for values with (modulus 2, remainder 1);
create index on {s}.child (id);
