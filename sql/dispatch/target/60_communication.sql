-- Who treats whom, who may do what, and what people wrote to each other beside the messages of a case.

create table public.patient_doctors (
    id         uuid        not null,
    legacy_id  bigint      not null,
    patient_id uuid        not null,
    doctor_id  uuid        not null,
    is_primary boolean     not null,
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint patient_doctors_pkey primary key (id),
    constraint patient_doctors_legacy_id_key unique (legacy_id),
    constraint patient_doctors_patient_id_doctor_id_key unique (patient_id, doctor_id),
    constraint patient_doctors_patient_id_fkey foreign key (patient_id) references public.patients (id),
    constraint patient_doctors_doctor_id_fkey foreign key (doctor_id) references public.doctors (id)
);

create index patient_doctors_doctor_id_idx on public.patient_doctors (doctor_id);

-- A right of a group, by the names that the legacy application used: nothing here has a table of groups to refer to.
create table public.role_permissions (
    id              uuid        not null,
    legacy_id       bigint      not null,
    role_name       text        not null,
    permission_name text        not null,
    codename        text        not null,
    model           text,
    metadata        jsonb       not null default '{}',
    created_at      timestamptz default now(),
    updated_at      timestamptz not null default now(),
    constraint role_permissions_pkey primary key (id),
    constraint role_permissions_legacy_id_key unique (legacy_id)
);

create index role_permissions_role_name_idx on public.role_permissions (role_name);

create table public.treatment_discussions (
    id           uuid                     not null,
    legacy_id    bigint                   not null,
    order_id     uuid                     not null,
    case_id      uuid,
    author_id    uuid,
    message_type public.case_message_type not null,
    content      text                     not null,
    metadata     jsonb                    not null default '{}',
    created_at   timestamptz              not null default now(),
    updated_at   timestamptz              not null default now(),
    constraint treatment_discussions_pkey primary key (id),
    constraint treatment_discussions_legacy_id_key unique (legacy_id),
    constraint treatment_discussions_order_id_fkey foreign key (order_id) references public.orders (id),
    constraint treatment_discussions_case_id_fkey foreign key (case_id) references public.cases (id),
    constraint treatment_discussions_author_id_fkey foreign key (author_id) references public.profiles (id)
);

create index treatment_discussions_order_id_created_at_idx on public.treatment_discussions (order_id, created_at);
create index treatment_discussions_case_id_idx on public.treatment_discussions (case_id);
create index treatment_discussions_author_id_idx on public.treatment_discussions (author_id);

-- A note of a patient. What could not become a message may be kept here as well: then it comes from a comment or a
-- record, and perhaps no patient is known.
create table public.doctor_notes (
    id                uuid        not null,
    legacy_record_id  bigint,
    legacy_comment_id bigint,
    patient_id        uuid,
    author_id         uuid,
    content           text        not null,
    metadata          jsonb       not null default '{}',
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    constraint doctor_notes_pkey primary key (id),
    constraint doctor_notes_legacy_record_id_key unique (legacy_record_id),
    constraint doctor_notes_legacy_comment_id_key unique (legacy_comment_id),
    constraint doctor_notes_legacy_check check (num_nonnulls(legacy_record_id, legacy_comment_id) <= 1),
    constraint doctor_notes_patient_id_fkey foreign key (patient_id) references public.patients (id),
    constraint doctor_notes_author_id_fkey foreign key (author_id) references public.profiles (id)
);

create index doctor_notes_patient_id_created_at_idx on public.doctor_notes (patient_id, created_at);
create index doctor_notes_author_id_idx on public.doctor_notes (author_id);

create table public.messages (
    id           uuid        not null,
    legacy_id    bigint      not null,
    sender_id    uuid,
    recipient_id uuid        not null,
    subject      text        not null,
    content      text        not null,
    read_at      timestamptz,
    metadata     jsonb       not null default '{}',
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    constraint messages_pkey primary key (id),
    constraint messages_legacy_id_key unique (legacy_id),
    constraint messages_sender_id_fkey foreign key (sender_id) references public.profiles (id),
    constraint messages_recipient_id_fkey foreign key (recipient_id) references public.profiles (id)
);

create index messages_sender_id_created_at_idx on public.messages (sender_id, created_at);
create index messages_recipient_id_created_at_idx on public.messages (recipient_id, created_at);

create type public.communication_direction as enum ('inbound', 'outbound');

-- With the world outside: profile_id is who wrote (inbound) or was written to (outbound).
create table public.communications (
    id         uuid                           not null,
    legacy_id  bigint                         not null,
    profile_id uuid,
    channel    text                           not null,
    direction  public.communication_direction not null,
    subject    text                           not null,
    content    text                           not null,
    sent_at    timestamptz                    not null,
    metadata   jsonb                          not null default '{}',
    created_at timestamptz                    not null default now(),
    updated_at timestamptz                    not null default now(),
    constraint communications_pkey primary key (id),
    constraint communications_legacy_id_key unique (legacy_id),
    constraint communications_profile_check check (profile_id is not null or direction = 'inbound'),
    constraint communications_profile_id_fkey foreign key (profile_id) references public.profiles (id)
);

create index communications_profile_id_sent_at_idx on public.communications (profile_id, sent_at);

create table public.feedback (
    id         uuid        not null,
    legacy_id  bigint      not null,
    profile_id uuid,
    rating     smallint,
    comment    text        not null,
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint feedback_pkey primary key (id),
    constraint feedback_legacy_id_key unique (legacy_id),
    constraint feedback_rating_check check (rating between 1 and 5),
    constraint feedback_profile_id_fkey foreign key (profile_id) references public.profiles (id)
);

create index feedback_profile_id_idx on public.feedback (profile_id);

create type public.audit_action as enum ('addition', 'change', 'deletion');

-- object_legacy_id is the key of a row of the model, as the legacy application wrote it down.
create table public.audit_logs (
    id               uuid                not null,
    legacy_id        bigint              not null,
    actor_id         uuid,
    action           public.audit_action not null,
    model            text,
    object_legacy_id text                not null,
    object_repr      text                not null,
    change_message   text                not null,
    metadata         jsonb               not null default '{}',
    created_at       timestamptz         not null default now(),
    updated_at       timestamptz         not null default now(),
    constraint audit_logs_pkey primary key (id),
    constraint audit_logs_legacy_id_key unique (legacy_id),
    constraint audit_logs_actor_id_fkey foreign key (actor_id) references public.profiles (id)
);

create index audit_logs_actor_id_created_at_idx on public.audit_logs (actor_id, created_at);
create index audit_logs_model_object_legacy_id_idx on public.audit_logs (model, object_legacy_id);

create trigger patient_doctors_set_updated_at before update on public.patient_doctors
    for each row execute function public.set_updated_at();
create trigger role_permissions_set_updated_at before update on public.role_permissions
    for each row execute function public.set_updated_at();
create trigger treatment_discussions_set_updated_at before update on public.treatment_discussions
    for each row execute function public.set_updated_at();
create trigger doctor_notes_set_updated_at before update on public.doctor_notes
    for each row execute function public.set_updated_at();
create trigger messages_set_updated_at before update on public.messages
    for each row execute function public.set_updated_at();
create trigger communications_set_updated_at before update on public.communications
    for each row execute function public.set_updated_at();
create trigger feedback_set_updated_at before update on public.feedback
    for each row execute function public.set_updated_at();
create trigger audit_logs_set_updated_at before update on public.audit_logs
    for each row execute function public.set_updated_at();

alter table public.patient_doctors enable row level security;
alter table public.role_permissions enable row level security;
alter table public.treatment_discussions enable row level security;
alter table public.doctor_notes enable row level security;
alter table public.messages enable row level security;
alter table public.communications enable row level security;
alter table public.feedback enable row level security;
alter table public.audit_logs enable row level security;

create policy "doctors of own patient record" on public.patient_doctors
    for select to authenticated using (
        patient_id in (select p.id from public.patients p where p.profile_id = auth.uid())
        or doctor_id in (select d.id from public.doctors d where d.profile_id = auth.uid())
    );
create policy "own part of a discussion" on public.treatment_discussions
    for select to authenticated using (author_id = auth.uid());
create policy "own notes" on public.doctor_notes
    for select to authenticated using (author_id = auth.uid());
create policy "messages from and to oneself" on public.messages
    for select to authenticated using (sender_id = auth.uid() or recipient_id = auth.uid());
create policy "own communications" on public.communications
    for select to authenticated using (profile_id = auth.uid());
create policy "own feedback" on public.feedback
    for select to authenticated using (profile_id = auth.uid());

grant select on public.patient_doctors, public.treatment_discussions, public.doctor_notes, public.messages,
    public.communications, public.feedback to authenticated;
grant select, insert, update, delete on public.patient_doctors, public.role_permissions, public.treatment_discussions,
    public.doctor_notes, public.messages, public.communications, public.feedback, public.audit_logs to service_role;

-- The trail and the rights are not for the API's users, even where a default grant would give them.
revoke all on public.role_permissions, public.audit_logs from anon, authenticated;
