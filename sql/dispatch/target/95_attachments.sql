-- Files attached to the messages of a case. Apart from 60_communication.sql, since it needs the tables of files.

create table public.message_attachments (
    id         uuid        not null,
    legacy_id  bigint      not null,
    message_id uuid        not null,
    file_id    uuid        not null,
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint message_attachments_pkey primary key (id),
    constraint message_attachments_legacy_id_key unique (legacy_id),
    constraint message_attachments_message_id_file_id_key unique (message_id, file_id),
    constraint message_attachments_message_id_fkey foreign key (message_id) references public.case_messages (id),
    constraint message_attachments_file_id_fkey foreign key (file_id) references public.files (id)
);

create index message_attachments_file_id_idx on public.message_attachments (file_id);

create trigger message_attachments_set_updated_at before update on public.message_attachments
    for each row execute function public.set_updated_at();

alter table public.message_attachments enable row level security;

create policy "attachments of own cases" on public.message_attachments
    for select to authenticated using (
        message_id in (
            select m.id
            from public.case_messages m
            join public.cases c on c.id = m.case_id
            join public.patients p on p.id = c.patient_id
            where p.profile_id = auth.uid()
        )
    );

grant select on public.message_attachments to authenticated;
grant select, insert, update, delete on public.message_attachments to service_role;
