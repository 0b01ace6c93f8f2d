-- The business: what is sold, what was paid, how the application is set up, and what happened in it.

create type public.project_status as enum ('planned', 'active', 'on_hold', 'completed', 'cancelled', 'unknown');
create type public.payment_method as enum ('card', 'bank_transfer', 'cash', 'cheque', 'insurance', 'paypal');
create type public.invoice_status as enum ('draft', 'sent', 'paid', 'overdue', 'void', 'unknown');
create type public.operation_kind as enum ('charge', 'refund', 'adjustment', 'fee', 'unknown');

-- Products and projects ----------------------------------------------------------------------------------------------

create table public.products (
    id         uuid           not null,
    legacy_id  bigint         not null,
    sku        text           not null,
    name       text           not null,
    price      numeric(10, 2) not null,
    is_active  boolean        not null,
    metadata   jsonb          not null default '{}',
    created_at timestamptz    not null default now(),
    updated_at timestamptz    not null default now(),
    constraint products_pkey primary key (id),
    constraint products_legacy_id_key unique (legacy_id)
);

create index products_sku_idx on public.products (sku);

create table public.projects (
    id         uuid                  not null,
    legacy_id  bigint                not null,
    name       text                  not null,
    owner_id   uuid,
    status     public.project_status not null,
    metadata   jsonb                 not null default '{}',
    created_at timestamptz           not null default now(),
    updated_at timestamptz           not null default now(),
    constraint projects_pkey primary key (id),
    constraint projects_legacy_id_key unique (legacy_id),
    constraint projects_owner_id_fkey foreign key (owner_id) references public.profiles (id)
);

create index projects_owner_id_idx on public.projects (owner_id);

-- Money --------------------------------------------------------------------------------------------------------------

create table public.payments (
    id         uuid                  not null,
    legacy_id  bigint                not null,
    order_id   uuid                  not null,
    amount     numeric(12, 2)        not null,
    currency   text                  not null,
    method     public.payment_method not null,
    reference  text                  not null,
    paid_at    timestamptz           not null,
    metadata   jsonb                 not null default '{}',
    created_at timestamptz           not null default now(),
    updated_at timestamptz           not null default now(),
    constraint payments_pkey primary key (id),
    constraint payments_legacy_id_key unique (legacy_id),
    constraint payments_order_id_fkey foreign key (order_id) references public.orders (id)
);

create index payments_order_id_idx on public.payments (order_id);
create index payments_paid_at_idx on public.payments (paid_at);

create table public.invoices (
    id             uuid                  not null,
    legacy_id      bigint                not null,
    order_id       uuid                  not null,
    invoice_number text                  not null,
    total          numeric(12, 2)        not null,
    status         public.invoice_status not null,
    issued_at      timestamptz           not null,
    metadata       jsonb                 not null default '{}',
    created_at     timestamptz           not null default now(),
    updated_at     timestamptz           not null default now(),
    constraint invoices_pkey primary key (id),
    constraint invoices_legacy_id_key unique (legacy_id),
    constraint invoices_order_id_fkey foreign key (order_id) references public.orders (id)
);

create index invoices_order_id_idx on public.invoices (order_id);
create index invoices_invoice_number_idx on public.invoices (invoice_number);

create table public.purchases (
    id         uuid           not null,
    legacy_id  bigint         not null,
    product_id uuid           not null,
    buyer_id   uuid,
    quantity   integer        not null,
    amount     numeric(12, 2) not null,
    metadata   jsonb          not null default '{}',
    created_at timestamptz    not null default now(),
    updated_at timestamptz    not null default now(),
    constraint purchases_pkey primary key (id),
    constraint purchases_legacy_id_key unique (legacy_id),
    constraint purchases_product_id_fkey foreign key (product_id) references public.products (id),
    constraint purchases_buyer_id_fkey foreign key (buyer_id) references public.profiles (id)
);

create index purchases_product_id_idx on public.purchases (product_id);
create index purchases_buyer_id_idx on public.purchases (buyer_id);

create table public.operations (
    id          uuid                  not null,
    legacy_id   bigint                not null,
    purchase_id uuid,
    kind        public.operation_kind not null,
    amount      numeric(12, 2)        not null,
    metadata    jsonb                 not null default '{}',
    created_at  timestamptz           not null default now(),
    updated_at  timestamptz           not null default now(),
    constraint operations_pkey primary key (id),
    constraint operations_legacy_id_key unique (legacy_id),
    constraint operations_purchase_id_fkey foreign key (purchase_id) references public.purchases (id)
);

create index operations_purchase_id_idx on public.operations (purchase_id);

-- The code of an offer or a discount is there once, but the index is not unique: when a later run finds a newer one,
-- the old one may still be there for a moment.
create table public.offers (
    id         uuid          not null,
    legacy_id  bigint        not null,
    code       text          not null,
    product_id uuid          not null,
    percent    numeric(5, 2) not null,
    starts_at  timestamptz   not null,
    ends_at    timestamptz   not null,
    metadata   jsonb         not null default '{}',
    created_at timestamptz   not null default now(),
    updated_at timestamptz   not null default now(),
    constraint offers_pkey primary key (id),
    constraint offers_legacy_id_key unique (legacy_id),
    constraint offers_period_check check (starts_at < ends_at),
    constraint offers_percent_check check (percent between 0 and 100),
    constraint offers_product_id_fkey foreign key (product_id) references public.products (id)
);

create index offers_code_idx on public.offers (code);
create index offers_product_id_idx on public.offers (product_id);

create table public.discounts (
    id         uuid          not null,
    legacy_id  bigint        not null,
    code       text          not null,
    product_id uuid          not null,
    percent    numeric(5, 2) not null,
    starts_at  timestamptz   not null,
    ends_at    timestamptz   not null,
    metadata   jsonb         not null default '{}',
    created_at timestamptz   not null default now(),
    updated_at timestamptz   not null default now(),
    constraint discounts_pkey primary key (id),
    constraint discounts_legacy_id_key unique (legacy_id),
    constraint discounts_period_check check (starts_at < ends_at),
    constraint discounts_percent_check check (percent between 0 and 100),
    constraint discounts_product_id_fkey foreign key (product_id) references public.products (id)
);

create index discounts_code_idx on public.discounts (code);
create index discounts_product_id_idx on public.discounts (product_id);

-- Settings -----------------------------------------------------------------------------------------------------------

create table public.settings (
    id         uuid        not null,
    legacy_id  bigint      not null,
    key        text        not null,
    value      jsonb       not null default '{}',
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint settings_pkey primary key (id),
    constraint settings_legacy_id_key unique (legacy_id)
);

create index settings_key_idx on public.settings (key);

create table public.system_metadata (
    id         uuid        not null,
    legacy_id  bigint      not null,
    key        text        not null,
    value      jsonb       not null default '{}',
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint system_metadata_pkey primary key (id),
    constraint system_metadata_legacy_id_key unique (legacy_id)
);

create index system_metadata_key_idx on public.system_metadata (key);

create table public.preferences (
    id         uuid        not null,
    legacy_id  bigint      not null,
    profile_id uuid        not null,
    key        text        not null,
    value      text,
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint preferences_pkey primary key (id),
    constraint preferences_legacy_id_key unique (legacy_id),
    constraint preferences_profile_id_fkey foreign key (profile_id) references public.profiles (id)
);

create index preferences_profile_id_key_idx on public.preferences (profile_id, key);

-- Calendar and log ---------------------------------------------------------------------------------------------------

create table public.schedules (
    id         uuid        not null,
    legacy_id  bigint      not null,
    profile_id uuid        not null,
    patient_id uuid,
    kind       text        not null,
    starts_at  timestamptz not null,
    ends_at    timestamptz not null,
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint schedules_pkey primary key (id),
    constraint schedules_legacy_id_key unique (legacy_id),
    constraint schedules_profile_id_fkey foreign key (profile_id) references public.profiles (id),
    constraint schedules_patient_id_fkey foreign key (patient_id) references public.patients (id)
);

create index schedules_profile_id_starts_at_idx on public.schedules (profile_id, starts_at);
create index schedules_patient_id_idx on public.schedules (patient_id);

create table public.events (
    id          uuid        not null,
    legacy_id   bigint      not null,
    actor_id    uuid,
    kind        text        not null,
    payload     jsonb       not null default '{}',
    occurred_at timestamptz not null,
    metadata    jsonb       not null default '{}',
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    constraint events_pkey primary key (id),
    constraint events_legacy_id_key unique (legacy_id),
    constraint events_actor_id_fkey foreign key (actor_id) references public.profiles (id)
);

create index events_actor_id_idx on public.events (actor_id);
create index events_occurred_at_idx on public.events (occurred_at);

-- What holds for each of them ----------------------------------------------------------------------------------------

create trigger products_set_updated_at before update on public.products
    for each row execute function public.set_updated_at();
create trigger projects_set_updated_at before update on public.projects
    for each row execute function public.set_updated_at();
create trigger payments_set_updated_at before update on public.payments
    for each row execute function public.set_updated_at();
create trigger invoices_set_updated_at before update on public.invoices
    for each row execute function public.set_updated_at();
create trigger purchases_set_updated_at before update on public.purchases
    for each row execute function public.set_updated_at();
create trigger operations_set_updated_at before update on public.operations
    for each row execute function public.set_updated_at();
create trigger offers_set_updated_at before update on public.offers
    for each row execute function public.set_updated_at();
create trigger discounts_set_updated_at before update on public.discounts
    for each row execute function public.set_updated_at();
create trigger settings_set_updated_at before update on public.settings
    for each row execute function public.set_updated_at();
create trigger system_metadata_set_updated_at before update on public.system_metadata
    for each row execute function public.set_updated_at();
create trigger preferences_set_updated_at before update on public.preferences
    for each row execute function public.set_updated_at();
create trigger schedules_set_updated_at before update on public.schedules
    for each row execute function public.set_updated_at();
create trigger events_set_updated_at before update on public.events
    for each row execute function public.set_updated_at();

alter table public.products enable row level security;
alter table public.projects enable row level security;
alter table public.payments enable row level security;
alter table public.invoices enable row level security;
alter table public.purchases enable row level security;
alter table public.operations enable row level security;
alter table public.offers enable row level security;
alter table public.discounts enable row level security;
alter table public.settings enable row level security;
alter table public.system_metadata enable row level security;
alter table public.preferences enable row level security;
alter table public.schedules enable row level security;
alter table public.events enable row level security;

create policy "products are known to every user" on public.products
    for select to authenticated using (true);
create policy "offers are known to every user" on public.offers
    for select to authenticated using (true);
create policy "discounts are known to every user" on public.discounts
    for select to authenticated using (true);
create policy "own projects" on public.projects
    for select to authenticated using (owner_id = auth.uid());
create policy "payments of own orders" on public.payments
    for select to authenticated using (
        order_id in (
            select o.id
            from public.orders o
            join public.patients p on p.id = o.patient_id
            where p.profile_id = auth.uid()
        )
    );
create policy "invoices of own orders" on public.invoices
    for select to authenticated using (
        order_id in (
            select o.id
            from public.orders o
            join public.patients p on p.id = o.patient_id
            where p.profile_id = auth.uid()
        )
    );
create policy "own purchases" on public.purchases
    for select to authenticated using (buyer_id = auth.uid());
create policy "own preferences" on public.preferences
    for select to authenticated using (profile_id = auth.uid());
create policy "own calendar" on public.schedules
    for select to authenticated using (profile_id = auth.uid());

-- Operations, settings, system_metadata and events are the service's own: no policy, so nobody else sees a row.
grant select on public.products, public.projects, public.payments, public.invoices, public.purchases, public.offers,
    public.discounts, public.preferences, public.schedules to authenticated;
grant select, insert, update, delete on public.products, public.projects, public.payments, public.invoices,
    public.purchases, public.operations, public.offers, public.discounts, public.settings, public.system_metadata,
    public.preferences, public.schedules, public.events to service_role;
