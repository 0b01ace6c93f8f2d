-- What was measured: the jaws of an order, the brackets on them, scans, impressions and measurements.
-- Numbers keep the precision of the legacy application, so that 2.500 stays 2.500.

create type public.jaw_type as enum ('upper', 'lower');

create table public.jaws (
    id          uuid            not null,
    legacy_id   bigint          not null,
    order_id    uuid            not null,
    jaw_type    public.jaw_type not null,
    tooth_count smallint        not null,
    notes       text            not null,
    metadata    jsonb           not null default '{}',
    created_at  timestamptz     not null default now(),
    updated_at  timestamptz     not null default now(),
    constraint jaws_pkey primary key (id),
    constraint jaws_legacy_id_key unique (legacy_id),
    constraint jaws_order_id_fkey foreign key (order_id) references public.orders (id)
);

create index jaws_order_id_idx on public.jaws (order_id);

create table public.brackets (
    id         uuid          not null,
    legacy_id  bigint        not null,
    jaw_id     uuid          not null,
    kind       text          not null,
    tooth      smallint      not null,
    torque     numeric(5, 2),
    angulation numeric(5, 2),
    slot       numeric(4, 3),
    taken_at   timestamptz   not null,
    metadata   jsonb         not null default '{}',
    created_at timestamptz   not null default now(),
    updated_at timestamptz   not null default now(),
    constraint brackets_pkey primary key (id),
    constraint brackets_legacy_id_key unique (legacy_id),
    constraint brackets_jaw_id_fkey foreign key (jaw_id) references public.jaws (id)
);

create index brackets_jaw_id_idx on public.brackets (jaw_id);

create table public.scans (
    id            uuid          not null,
    legacy_id     bigint        not null,
    order_id      uuid          not null,
    kind          text          not null,
    resolution_mm numeric(6, 3),
    dose_usv      numeric(8, 2),
    taken_at      timestamptz   not null,
    metadata      jsonb         not null default '{}',
    created_at    timestamptz   not null default now(),
    updated_at    timestamptz   not null default now(),
    constraint scans_pkey primary key (id),
    constraint scans_legacy_id_key unique (legacy_id),
    constraint scans_order_id_fkey foreign key (order_id) references public.orders (id)
);

create index scans_order_id_idx on public.scans (order_id);

create table public.impressions (
    id                uuid          not null,
    legacy_id         bigint        not null,
    order_id          uuid          not null,
    kind              text          not null,
    shrinkage_percent numeric(6, 3),
    weight_g          numeric(7, 2),
    taken_at          timestamptz   not null,
    metadata          jsonb         not null default '{}',
    created_at        timestamptz   not null default now(),
    updated_at        timestamptz   not null default now(),
    constraint impressions_pkey primary key (id),
    constraint impressions_legacy_id_key unique (legacy_id),
    constraint impressions_order_id_fkey foreign key (order_id) references public.orders (id)
);

create index impressions_order_id_idx on public.impressions (order_id);

create table public.measurements (
    id         uuid          not null,
    legacy_id  bigint        not null,
    order_id   uuid          not null,
    jaw_id     uuid,
    kind       text          not null,
    value_mm   numeric(6, 3),
    deviation  numeric(6, 4),
    notes      text          not null,
    taken_at   timestamptz   not null,
    metadata   jsonb         not null default '{}',
    created_at timestamptz   not null default now(),
    updated_at timestamptz   not null default now(),
    constraint measurements_pkey primary key (id),
    constraint measurements_legacy_id_key unique (legacy_id),
    constraint measurements_order_id_fkey foreign key (order_id) references public.orders (id),
    constraint measurements_jaw_id_fkey foreign key (jaw_id) references public.jaws (id)
);

create index measurements_order_id_idx on public.measurements (order_id);
create index measurements_jaw_id_idx on public.measurements (jaw_id);

create trigger jaws_set_updated_at before update on public.jaws
    for each row execute function public.set_updated_at();
create trigger brackets_set_updated_at before update on public.brackets
    for each row execute function public.set_updated_at();
create trigger scans_set_updated_at before update on public.scans
    for each row execute function public.set_updated_at();
create trigger impressions_set_updated_at before update on public.impressions
    for each row execute function public.set_updated_at();
create trigger measurements_set_updated_at before update on public.measurements
    for each row execute function public.set_updated_at();

alter table public.jaws enable row level security;
alter table public.brackets enable row level security;
alter table public.scans enable row level security;
alter table public.impressions enable row level security;
alter table public.measurements enable row level security;

create policy "jaws of own orders" on public.jaws
    for select to authenticated using (
        order_id in (
            select o.id
            from public.orders o
            join public.patients p on p.id = o.patient_id
            where p.profile_id = auth.uid()
        )
    );
create policy "brackets on own jaws" on public.brackets
    for select to authenticated using (
        jaw_id in (
            select j.id
            from public.jaws j
            join public.orders o   on o.id = j.order_id
            join public.patients p on p.id = o.patient_id
            where p.profile_id = auth.uid()
        )
    );
create policy "scans of own orders" on public.scans
    for select to authenticated using (
        order_id in (
            select o.id
            from public.orders o
            join public.patients p on p.id = o.patient_id
            where p.profile_id = auth.uid()
        )
    );
create policy "impressions of own orders" on public.impressions
    for select to authenticated using (
        order_id in (
            select o.id
            from public.orders o
            join public.patients p on p.id = o.patient_id
            where p.profile_id = auth.uid()
        )
    );
create policy "measurements of own orders" on public.measurements
    for select to authenticated using (
        order_id in (
            select o.id
            from public.orders o
            join public.patients p on p.id = o.patient_id
            where p.profile_id = auth.uid()
        )
    );

grant select on public.jaws, public.brackets, public.scans, public.impressions, public.measurements to authenticated;
grant select, insert, update, delete
    on public.jaws, public.brackets, public.scans, public.impressions, public.measurements
    to service_role;
