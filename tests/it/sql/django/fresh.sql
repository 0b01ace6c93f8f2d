-- Another shape: customers are users, memberships have a natural key, generic keys are exclusive arcs, tickets keep theirs.
create schema fresh;
create type fresh.kind as enum ('person', 'customer');
create table fresh.users (id uuid primary key, old integer unique, name text not null, email text check (email <> ''), kind fresh.kind not null, company text);
create table fresh.memberships (user_id uuid references fresh.users, team text, primary key (user_id, team));
create table fresh.categories (id uuid primary key, old bigint unique, slug text not null unique, parent_id uuid references fresh.categories, check (parent_id <> id));
create table fresh.images (id uuid primary key, old bigint unique, product_id uuid not null, path text);
create table fresh.products (id uuid primary key, sku text not null unique, category_id uuid not null references fresh.categories,
    price numeric not null check (price >= 0), main_image_id uuid references fresh.images);
alter table fresh.images add foreign key (product_id) references fresh.products;
create table fresh.tickets (id uuid primary key, user_id uuid not null references fresh.users, title text);
create table fresh.comments (id uuid primary key, old bigint unique, category_id uuid references fresh.categories, product_id uuid references fresh.products,
    ticket_id uuid references fresh.tickets, author_id uuid references fresh.users, body text not null, created_at timestamptz, extra jsonb, labels text[],
    check (num_nonnulls(category_id, product_id, ticket_id) = 1));
