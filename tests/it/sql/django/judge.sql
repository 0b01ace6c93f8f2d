-- What becomes of each row, said in plain PostgreSQL: null where it is migrated, else the reason; a row whose parent is not
-- there falls out, and what refers to it, to the end.
create schema judge;
create table judge.users as select id::text as key, id, case when not is_active then 'skip' end as fate from legacy.auth_user;
create table judge.customers as select user_ptr_id::text as key,
    case when u.id is null then 'no_user' else 'elsewhere' end as fate from legacy.shop_customer left join legacy.auth_user u on u.id = user_ptr_id;
create table judge.memberships as select m.id::text as key,
    case when g.id is null then 'no_group' when u.id is null then 'no_user' end as fate, u.id as user_id, g.name as team
from legacy.auth_user_groups m left join legacy.auth_group g on g.id = m.group_id left join judge.users u on u.id = m.user_id and u.fate is null;
create table judge.categories as select c.id::text as key, c.id, c.parent_id,
    case when c.parent_id = c.id then 'own_parent' when c.parent_id is not null and p.id is null then 'no_parent' end as fate
from legacy.shop_category c left join legacy.shop_category p on p.id = c.parent_id;
do $$ declare n bigint; begin loop
    update judge.categories c set fate = 'foreign_key:categories_parent_id_fkey' from judge.categories p
    where c.parent_id = p.id and p.fate is not null and c.fate is null;
    get diagnostics n = row_count; exit when n = 0; end loop; end $$;
create table judge.products as select p.sku as key, p.sku, p.main_image_id,
    case when c.id is null then 'no_category' when p.price < 0 or p.price = 'NaN' then 'no_price' when c.fate is not null then 'foreign_key:products_category_id_fkey' end as fate
from legacy.shop_product p left join judge.categories c on c.id = p.category_id
  -- A category that its own rules reject is not there for the flow; one that falls out later is.
  and c.fate is distinct from 'own_parent' and c.fate is distinct from 'no_parent';
create table judge.images as select i.id::text as key, i.id, i.product_id,
    case when p.sku is null or p.fate is not null then 'foreign_key:images_product_id_fkey' end as fate
from legacy.shop_image i left join judge.products p on p.sku = i.product_id;
do $$ declare n bigint; m bigint; begin loop
    update judge.products p set fate = 'foreign_key:products_main_image_id_fkey'
    where p.fate is null and p.main_image_id is not null and not exists (select from judge.images i where i.id = p.main_image_id and i.fate is null);
    get diagnostics n = row_count;
    update judge.images i set fate = 'foreign_key:images_product_id_fkey' from judge.products p
    where i.product_id = p.sku and i.fate is null and p.fate is not null;
    get diagnostics m = row_count; exit when n + m = 0; end loop; end $$;
create table judge.tickets as select t.id::text as key, t.id,
    case when t.deleted_at is not null then 'skip' when u.id is null then 'no_user' end as fate, u.id as user_id
from legacy.support_ticket t left join judge.users u on u.id = t.customer_id and u.fate is null;
create table judge.comments as select c.id::text as key, c.id, y.model, c.author_id, c.object_id,
    case when y.model is null or c.object_id is null then 'no_object' when y.model not in ('category', 'product', 'ticket') then 'skip'
         when c.body is null then 'no_body'
         when y.model = 'category' and c.object_id !~ '^[0-9]+$' then 'bad_key'
         when y.model = 'ticket' and c.object_id !~* '^[0-9a-f-]{36}$' then 'bad_key'
         when y.model = 'category' and not exists (select from judge.categories p where p.id::text = ltrim(c.object_id, '0') and p.fate is null) then 'foreign_key:comments_category_id_fkey'
         when y.model = 'product' and not exists (select from judge.products p where p.sku = c.object_id and p.fate is null) then 'foreign_key:comments_product_id_fkey'
         when y.model = 'ticket' and not exists (select from judge.tickets t where t.key = lower(c.object_id) and t.fate is null) then 'no_ticket'
    end as fate
from legacy.comments c left join legacy.django_content_type y on y.id = c.content_type_id;
