-- Clinical work: cases, orders, their link, and treatment plans.

create table public.cases (
    id                          uuid        not null,
    legacy_id                   bigint      not null,
    patient_id                  uuid        not null,
    workflow_legacy_id          bigint,
    workflow_template_legacy_id bigint,
    workflow_state              text,
    workflow_started_at         timestamptz,
    metadata                    jsonb       not null default '{}',
    created_at                  timestamptz not null default now(),
    updated_at                  timestamptz not null default now(),
    constraint cases_pkey primary key (id),
    constraint cases_legacy_id_key unique (legacy_id),
    constraint cases_patient_id_key unique (patient_id),
    constraint cases_patient_id_fkey foreign key (patient_id) references public.patients (id)
);

-- The statuses of the legacy application, 1 to 13 in its order. An order has one, and so has each row of its history.
create type public.order_status as enum (
    'draft', 'submitted', 'accepted', 'planning', 'awaiting_approval', 'approved', 'production', 'shipped', 'delivered',
    'on_hold', 'in_treatment', 'closed', 'cancelled', 'unknown'
);

create table public.orders (
    id                    uuid                not null,
    legacy_instruction_id bigint              not null,
    patient_id            uuid,
    doctor_id             uuid,
    status                public.order_status not null,
    kind                  text,
    notes                 text,
    submitted_at          timestamptz,
    is_active             boolean             not null,
    metadata              jsonb               not null default '{}',
    created_at            timestamptz         not null default now(),
    updated_at            timestamptz         not null default now(),
    constraint orders_pkey primary key (id),
    constraint orders_legacy_instruction_id_key unique (legacy_instruction_id),
    constraint orders_doctor_check check (patient_id is null or doctor_id is not null),
    constraint orders_patient_id_fkey foreign key (patient_id) references public.patients (id),
    constraint orders_doctor_id_fkey foreign key (doctor_id) references public.doctors (id)
);

create index orders_patient_id_idx on public.orders (patient_id);
create index orders_doctor_id_idx on public.orders (doctor_id);
create index orders_status_idx on public.orders (status);

create table public.order_cases (
    id         uuid        not null,
    legacy_id  bigint      not null,
    order_id   uuid        not null,
    case_id    uuid        not null,
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint order_cases_pkey primary key (id),
    constraint order_cases_legacy_id_key unique (legacy_id),
    constraint order_cases_order_id_key unique (order_id),
    constraint order_cases_order_id_fkey foreign key (order_id) references public.orders (id),
    constraint order_cases_case_id_fkey foreign key (case_id) references public.cases (id)
);

create index order_cases_case_id_idx on public.order_cases (case_id);

create table public.treatment_plans (
    id             uuid        not null,
    legacy_plan_id bigint      not null,
    order_id       uuid        not null,
    parent_plan_id uuid,
    root_plan_id   uuid        not null,
    revision       integer     not null,
    plan_number    integer,
    notes          text,
    is_approved    boolean     not null,
    metadata       jsonb       not null default '{}',
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    constraint treatment_plans_pkey primary key (id),
    constraint treatment_plans_legacy_plan_id_key unique (legacy_plan_id),
    constraint treatment_plans_revision_check check ((revision = 0) = (parent_plan_id is null)),
    constraint treatment_plans_order_id_fkey foreign key (order_id) references public.orders (id),
    constraint treatment_plans_parent_plan_id_fkey foreign key (parent_plan_id) references public.treatment_plans (id),
    constraint treatment_plans_root_plan_id_fkey foreign key (root_plan_id) references public.treatment_plans (id)
);

create index treatment_plans_order_id_idx on public.treatment_plans (order_id);
create index treatment_plans_parent_plan_id_idx on public.treatment_plans (parent_plan_id);
create index treatment_plans_root_plan_id_idx on public.treatment_plans (root_plan_id);

create trigger cases_set_updated_at before update on public.cases
    for each row execute function public.set_updated_at();
create trigger orders_set_updated_at before update on public.orders
    for each row execute function public.set_updated_at();
create trigger order_cases_set_updated_at before update on public.order_cases
    for each row execute function public.set_updated_at();
create trigger treatment_plans_set_updated_at before update on public.treatment_plans
    for each row execute function public.set_updated_at();

alter table public.cases enable row level security;
alter table public.orders enable row level security;
alter table public.order_cases enable row level security;
alter table public.treatment_plans enable row level security;

create policy "own cases" on public.cases
    for select to authenticated using (
        patient_id in (select p.id from public.patients p where p.profile_id = auth.uid())
    );
create policy "own orders" on public.orders
    for select to authenticated using (
        patient_id in (select p.id from public.patients p where p.profile_id = auth.uid())
    );

grant select on public.cases, public.orders, public.order_cases, public.treatment_plans to authenticated;
grant select, insert, update, delete on public.cases, public.orders, public.order_cases, public.treatment_plans
    to service_role;
