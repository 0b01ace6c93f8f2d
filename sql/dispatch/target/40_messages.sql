-- Communication: the messages of a case, and what the system sent to its users.

create type public.case_message_type as enum (
    'patient_question', 'clinical_note', 'doctor_response', 'treatment_update'
);

create table public.case_messages (
    id                uuid                     not null,
    legacy_comment_id bigint,
    legacy_record_id  bigint,
    case_id           uuid                     not null,
    order_id          uuid,                              -- none on a message of the patient's general case
    treatment_plan_id uuid,
    sender_id         uuid,
    message_type      public.case_message_type not null,
    content           text                     not null,
    metadata          jsonb                    not null default '{}',
    created_at        timestamptz              not null default now(),
    updated_at        timestamptz              not null default now(),
    constraint case_messages_pkey primary key (id),
    constraint case_messages_legacy_comment_id_key unique (legacy_comment_id),
    constraint case_messages_legacy_record_id_key unique (legacy_record_id),
    constraint case_messages_legacy_check check (num_nonnulls(legacy_comment_id, legacy_record_id) <= 1),
    constraint case_messages_case_id_fkey foreign key (case_id) references public.cases (id),
    constraint case_messages_order_id_fkey foreign key (order_id) references public.orders (id),
    constraint case_messages_treatment_plan_id_fkey foreign key (treatment_plan_id)
        references public.treatment_plans (id),
    constraint case_messages_sender_id_fkey foreign key (sender_id) references public.profiles (id)
);

create index case_messages_case_id_created_at_idx on public.case_messages (case_id, created_at);
create index case_messages_order_id_idx on public.case_messages (order_id);
create index case_messages_treatment_plan_id_idx on public.case_messages (treatment_plan_id);
create index case_messages_sender_id_idx on public.case_messages (sender_id);

create table public.system_messages (
    id               uuid        not null,
    legacy_id        bigint      not null,
    recipient_id     uuid        not null,
    template_name    text        not null,
    template_context jsonb       not null default '{}',
    channel          text        not null,
    is_read          boolean     not null default false,
    metadata         jsonb       not null default '{}',
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    constraint system_messages_pkey primary key (id),
    constraint system_messages_legacy_id_key unique (legacy_id),
    constraint system_messages_recipient_id_fkey foreign key (recipient_id) references public.profiles (id)
);

create index system_messages_recipient_id_idx on public.system_messages (recipient_id);

create trigger case_messages_set_updated_at before update on public.case_messages
    for each row execute function public.set_updated_at();
create trigger system_messages_set_updated_at before update on public.system_messages
    for each row execute function public.set_updated_at();

alter table public.case_messages enable row level security;
alter table public.system_messages enable row level security;

create policy "messages of own cases" on public.case_messages
    for select to authenticated using (
        case_id in (
            select c.id
            from public.cases c
            join public.patients p on p.id = c.patient_id
            where p.profile_id = auth.uid()
        )
    );
create policy "own system messages" on public.system_messages
    for select to authenticated using (recipient_id = auth.uid());

grant select on public.case_messages, public.system_messages to authenticated;
grant select, insert, update, delete on public.case_messages, public.system_messages to service_role;
