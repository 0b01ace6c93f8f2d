-- The history of cases and orders, one row a change of state.

create type public.case_state_type as enum ('treatment_active', 'case_closed');

create table public.case_states (
    id                  uuid                   not null,
    legacy_state_id     bigint                 not null,
    case_id             uuid                   not null,
    order_id            uuid                   not null,
    state               public.case_state_type not null,
    previous_state      public.case_state_type,
    sequence_no         integer                not null,
    is_on               boolean,
    actor_id            uuid,
    is_system_generated boolean                not null,
    reason              text,
    notes               text,
    metadata            jsonb                  not null default '{}',
    created_at          timestamptz            not null default now(),
    updated_at          timestamptz            not null default now(),
    constraint case_states_pkey primary key (id),
    constraint case_states_legacy_state_id_key unique (legacy_state_id),
    constraint case_states_sequence_no_check check ((sequence_no = 1) = (previous_state is null) and sequence_no > 0),
    constraint case_states_actor_check check (actor_id is not null or is_system_generated),
    constraint case_states_case_id_fkey foreign key (case_id) references public.cases (id),
    constraint case_states_order_id_fkey foreign key (order_id) references public.orders (id),
    constraint case_states_actor_id_fkey foreign key (actor_id) references public.profiles (id)
);

-- Not unique: when a later run finds an older state of a case, the numbers of that case move up one row at a time.
create index case_states_case_id_sequence_no_idx on public.case_states (case_id, sequence_no);
create index case_states_order_id_idx on public.case_states (order_id);
create index case_states_actor_id_idx on public.case_states (actor_id);

create table public.order_states (
    id                  uuid                    not null,
    legacy_state_id     bigint                  not null,
    order_id            uuid                    not null,
    state               public.order_status     not null,
    is_on               boolean,
    actor_id            uuid,
    is_system_generated boolean                 not null,
    metadata            jsonb                   not null default '{}',
    created_at          timestamptz             not null default now(),
    updated_at          timestamptz             not null default now(),
    constraint order_states_pkey primary key (id),
    constraint order_states_legacy_state_id_key unique (legacy_state_id),
    constraint order_states_actor_check check (actor_id is not null or is_system_generated),
    constraint order_states_order_id_fkey foreign key (order_id) references public.orders (id),
    constraint order_states_actor_id_fkey foreign key (actor_id) references public.profiles (id)
);

create index order_states_order_id_created_at_idx on public.order_states (order_id, created_at);
create index order_states_actor_id_idx on public.order_states (actor_id);

create trigger case_states_set_updated_at before update on public.case_states
    for each row execute function public.set_updated_at();
create trigger order_states_set_updated_at before update on public.order_states
    for each row execute function public.set_updated_at();

alter table public.case_states enable row level security;
alter table public.order_states enable row level security;

create policy "states of own cases" on public.case_states
    for select to authenticated using (
        case_id in (
            select c.id
            from public.cases c
            join public.patients p on p.id = c.patient_id
            where p.profile_id = auth.uid()
        )
    );

grant select on public.case_states, public.order_states to authenticated;
grant select, insert, update, delete on public.case_states, public.order_states to service_role;
