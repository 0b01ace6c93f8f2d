-- A small Django application: content types and generic keys as text, multi-table inheritance, a tree, a circle of foreign
-- keys, keys of five types, soft deletion, a many-to-many table.
create schema legacy;
create table legacy.django_content_type (id integer primary key, app_label varchar(100), model varchar(100));
insert into legacy.django_content_type values (1, 'auth', 'user'), (7, 'shop', 'category'), (8, 'shop', 'product'), (9, 'support', 'ticket'), (10, 'blog', 'post');
create table legacy.auth_user (id integer primary key, username varchar(150), email varchar(254), is_active boolean);
insert into legacy.auth_user select i, 'user' || i, case when i % 17 > 0 then 'u' || i || '@example.org' else '' end, i % 12 > 0 from generate_series(1, 300) i;
create table legacy.auth_group (id integer primary key, name varchar(150));
insert into legacy.auth_group values (1, 'staff'), (2, 'support'), (3, 'press');
create table legacy.auth_user_groups (id bigint primary key, user_id integer, group_id integer);
insert into legacy.auth_user_groups select i, 1 + (i * 7) % 310, 1 + i % 4 from generate_series(1, 250) i;
create table legacy.shop_customer (user_ptr_id integer primary key, company text);
insert into legacy.shop_customer select i, 'company ' || i from generate_series(1, 320, 3) i;
create table legacy.shop_category (id bigint primary key, slug varchar(50), parent_id bigint);
insert into legacy.shop_category select i, 'c-' || i, case when i % 29 = 0 then i when i % 31 = 0 then 9999 when i > 5 then i / 3 end from generate_series(1, 120) i;
create table legacy.shop_product (sku varchar(20) primary key, category_id bigint, price numeric, main_image_id bigint);
insert into legacy.shop_product select 'sku-' || i, 1 + i % 130, case when i % 23 = 0 then -0.01 when i % 37 = 0 then 'NaN' else i * 1.10 end, case when i % 3 > 0 then i end
from generate_series(1, 400) i;
create table legacy.shop_image (id bigint primary key, product_id varchar(20), path text);
insert into legacy.shop_image select i, 'sku-' || (1 + i % 420), '/media/' || i from generate_series(1, 350) i;
create table legacy.support_ticket (id uuid primary key, customer_id integer, title text, deleted_at timestamptz);
insert into legacy.support_ticket select md5('t' || i)::uuid, 1 + (i * 3) % 330, 'ticket ' || i, case when i % 9 = 0 then timestamptz '2024-02-03 04:05:06+00' end
from generate_series(1, 260) i;
create table legacy.comments (id bigint primary key, content_type_id integer, object_id text, author_id integer, body text,
    created timestamptz, extra jsonb, labels text[]);
insert into legacy.comments select i, (array[7, 8, 9, 10, null])[1 + i % 5],
    case when i % 41 = 0 then 'nothing' when i % 43 = 0 then null
         when i % 5 = 0 then case when i % 4 = 0 then '00' || (1 + i % 125) else (1 + i % 125)::text end
         when i % 5 = 1 then 'sku-' || (1 + i % 410)
         when i % 5 = 2 then case when i % 4 = 0 then upper(md5('t' || (1 + i % 265))::uuid::text) else md5('t' || (1 + i % 265))::uuid::text end
         else i::text end,
    case when i % 6 > 0 then 1 + i % 305 end, nullif('comment ' || i, 'comment 77'),
    timestamptz '2024-03-31 00:30:00+00' + i * interval '17 minutes', jsonb_build_object('n', i, 'x', null), array['a', null, 'l' || i % 3]
from generate_series(1, 1500) i;
