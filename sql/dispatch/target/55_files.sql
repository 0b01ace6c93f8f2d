-- Files and what they are of, and work: who does it, by which templates.

create table public.technician_roles (
    id         uuid        not null,
    legacy_id  bigint      not null,
    code       text        not null,
    name       text        not null,
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint technician_roles_pkey primary key (id),
    constraint technician_roles_legacy_id_key unique (legacy_id),
    constraint technician_roles_code_key unique (code)
);

create table public.technicians (
    id                 uuid        not null,
    legacy_id          bigint      not null,
    profile_id         uuid        not null,
    technician_role_id uuid,
    full_name          text,
    is_agent           boolean     not null,
    is_active          boolean     not null,
    technician_since   timestamptz not null,
    metadata           jsonb       not null default '{}',
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    constraint technicians_pkey primary key (id),
    constraint technicians_legacy_id_key unique (legacy_id),
    constraint technicians_profile_id_key unique (profile_id),
    constraint technicians_profile_id_fkey foreign key (profile_id) references public.profiles (id),
    constraint technicians_technician_role_id_fkey foreign key (technician_role_id)
        references public.technician_roles (id)
);

create index technicians_technician_role_id_idx on public.technicians (technician_role_id);

-- In the source's words, which are in use unchanged; unknown is for what is none of them.
create type public.task_status as enum (
    'new', 'assigned', 'in_progress', 'waiting', 'completed', 'cancelled', 'unknown'
);

create table public.tasks (
    id                 uuid               not null,
    legacy_id          bigint             not null,
    order_id           uuid               not null,
    technician_role_id uuid               not null,
    technician_id      uuid,
    profile_id         uuid,
    kind               text               not null,
    status             public.task_status not null,
    due_at             timestamptz,
    completed_at       timestamptz,
    metadata           jsonb              not null default '{}',
    created_at         timestamptz        not null default now(),
    updated_at         timestamptz        not null default now(),
    constraint tasks_pkey primary key (id),
    constraint tasks_legacy_id_key unique (legacy_id),
    constraint tasks_assignee_check check (num_nonnulls(technician_id, profile_id) <= 1),
    constraint tasks_order_id_fkey foreign key (order_id) references public.orders (id),
    constraint tasks_technician_role_id_fkey foreign key (technician_role_id) references public.technician_roles (id),
    constraint tasks_technician_id_fkey foreign key (technician_id) references public.technicians (id),
    constraint tasks_profile_id_fkey foreign key (profile_id) references public.profiles (id)
);

create index tasks_order_id_idx on public.tasks (order_id);
create index tasks_technician_role_id_idx on public.tasks (technician_role_id);
create index tasks_technician_id_idx on public.tasks (technician_id);
create index tasks_profile_id_idx on public.tasks (profile_id);

create table public.files (
    id          uuid        not null,
    legacy_id   bigint      not null,
    filename    text        not null,
    size_bytes  bigint      not null,
    mime_type   text,
    storage_key text        not null,
    sha256      text        not null,
    uploaded_by uuid,
    uploaded_at timestamptz not null,
    is_active   boolean     not null,
    metadata    jsonb       not null default '{}',
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    constraint files_pkey primary key (id),
    constraint files_legacy_id_key unique (legacy_id),
    constraint files_uploaded_by_fkey foreign key (uploaded_by) references public.profiles (id)
);

create index files_uploaded_by_idx on public.files (uploaded_by);

create table public.case_files (
    id         uuid        not null,
    legacy_id  bigint      not null,
    file_id    uuid        not null,
    case_id    uuid        not null,
    order_id   uuid        not null,
    linked_at  timestamptz not null,
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint case_files_pkey primary key (id),
    constraint case_files_legacy_id_key unique (legacy_id),
    constraint case_files_file_id_key unique (file_id),
    constraint case_files_file_id_fkey foreign key (file_id) references public.files (id),
    constraint case_files_case_id_fkey foreign key (case_id) references public.cases (id),
    constraint case_files_order_id_fkey foreign key (order_id) references public.orders (id)
);

create index case_files_case_id_idx on public.case_files (case_id);
create index case_files_order_id_idx on public.case_files (order_id);

create table public.images (
    id         uuid        not null,
    legacy_id  bigint      not null,
    file_id    uuid        not null,
    case_id    uuid,
    title      text        not null,
    format     text        not null,
    is_active  boolean     not null,
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint images_pkey primary key (id),
    constraint images_legacy_id_key unique (legacy_id),
    constraint images_file_id_key unique (file_id),
    constraint images_file_id_fkey foreign key (file_id) references public.files (id),
    constraint images_case_id_fkey foreign key (case_id) references public.cases (id)
);

create index images_case_id_idx on public.images (case_id);

create type public.document_format as enum ('pdf', 'text', 'word_processing', 'spreadsheet', 'presentation');

create table public.documents (
    id         uuid                   not null,
    legacy_id  bigint                 not null,
    file_id    uuid                   not null,
    case_id    uuid,
    title      text                   not null,
    format     public.document_format not null,
    is_active  boolean                not null,
    metadata   jsonb                  not null default '{}',
    created_at timestamptz            not null default now(),
    updated_at timestamptz            not null default now(),
    constraint documents_pkey primary key (id),
    constraint documents_legacy_id_key unique (legacy_id),
    constraint documents_file_id_key unique (file_id),
    constraint documents_file_id_fkey foreign key (file_id) references public.files (id),
    constraint documents_case_id_fkey foreign key (case_id) references public.cases (id)
);

create index documents_case_id_idx on public.documents (case_id);

create table public.templates (
    id         uuid        not null,
    legacy_id  bigint      not null,
    name       text        not null,
    kind       text        not null,
    body       text        not null,
    is_active  boolean     not null,
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint templates_pkey primary key (id),
    constraint templates_legacy_id_key unique (legacy_id)
);

-- Groups are not kept as such: their names are.
create table public.template_view_groups (
    id          uuid        not null,
    legacy_id   bigint      not null,
    template_id uuid        not null,
    group_name  text        not null,
    metadata    jsonb       not null default '{}',
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    constraint template_view_groups_pkey primary key (id),
    constraint template_view_groups_legacy_id_key unique (legacy_id),
    constraint template_view_groups_template_id_fkey foreign key (template_id) references public.templates (id)
);

create index template_view_groups_template_id_idx on public.template_view_groups (template_id);

create table public.template_view_roles (
    id                 uuid        not null,
    legacy_id          bigint      not null,
    template_id        uuid        not null,
    technician_role_id uuid        not null,
    role_name          text        not null,
    metadata           jsonb       not null default '{}',
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    constraint template_view_roles_pkey primary key (id),
    constraint template_view_roles_legacy_id_key unique (legacy_id),
    constraint template_view_roles_template_id_fkey foreign key (template_id) references public.templates (id),
    constraint template_view_roles_technician_role_id_fkey foreign key (technician_role_id)
        references public.technician_roles (id)
);

create index template_view_roles_template_id_idx on public.template_view_roles (template_id);
create index template_view_roles_technician_role_id_idx on public.template_view_roles (technician_role_id);

create type public.workflow_state as enum ('new', 'running', 'waiting', 'done', 'unknown');

create table public.workflows (
    id          uuid                  not null,
    legacy_id   bigint                not null,
    template_id uuid                  not null,
    patient_id  uuid                  not null,
    case_id     uuid,
    state       public.workflow_state not null,
    metadata    jsonb                 not null default '{}',
    created_at  timestamptz           not null default now(),
    updated_at  timestamptz           not null default now(),
    constraint workflows_pkey primary key (id),
    constraint workflows_legacy_id_key unique (legacy_id),
    constraint workflows_template_id_fkey foreign key (template_id) references public.templates (id),
    constraint workflows_patient_id_fkey foreign key (patient_id) references public.patients (id),
    constraint workflows_case_id_fkey foreign key (case_id) references public.cases (id)
);

create index workflows_template_id_idx on public.workflows (template_id);
create index workflows_patient_id_idx on public.workflows (patient_id);
create index workflows_case_id_idx on public.workflows (case_id);

create trigger technician_roles_set_updated_at before update on public.technician_roles
    for each row execute function public.set_updated_at();
create trigger technicians_set_updated_at before update on public.technicians
    for each row execute function public.set_updated_at();
create trigger tasks_set_updated_at before update on public.tasks
    for each row execute function public.set_updated_at();
create trigger files_set_updated_at before update on public.files
    for each row execute function public.set_updated_at();
create trigger case_files_set_updated_at before update on public.case_files
    for each row execute function public.set_updated_at();
create trigger images_set_updated_at before update on public.images
    for each row execute function public.set_updated_at();
create trigger documents_set_updated_at before update on public.documents
    for each row execute function public.set_updated_at();
create trigger templates_set_updated_at before update on public.templates
    for each row execute function public.set_updated_at();
create trigger template_view_groups_set_updated_at before update on public.template_view_groups
    for each row execute function public.set_updated_at();
create trigger template_view_roles_set_updated_at before update on public.template_view_roles
    for each row execute function public.set_updated_at();
create trigger workflows_set_updated_at before update on public.workflows
    for each row execute function public.set_updated_at();

alter table public.technician_roles enable row level security;
alter table public.technicians enable row level security;
alter table public.tasks enable row level security;
alter table public.files enable row level security;
alter table public.case_files enable row level security;
alter table public.images enable row level security;
alter table public.documents enable row level security;
alter table public.templates enable row level security;
alter table public.template_view_groups enable row level security;
alter table public.template_view_roles enable row level security;
alter table public.workflows enable row level security;

create policy "technician roles are known to every user" on public.technician_roles
    for select to authenticated using (true);
create policy "own technician record" on public.technicians
    for select to authenticated using (profile_id = auth.uid());
create policy "own tasks" on public.tasks
    for select to authenticated using (
        profile_id = auth.uid()
        or technician_id in (select t.id from public.technicians t where t.profile_id = auth.uid())
    );
create policy "files of own cases" on public.case_files
    for select to authenticated using (
        case_id in (
            select c.id
            from public.cases c
            join public.patients p on p.id = c.patient_id
            where p.profile_id = auth.uid()
        )
    );
-- The policy of case_files holds within the query, and that of files within the two after it.
create policy "own files" on public.files
    for select to authenticated using (
        uploaded_by = auth.uid() or id in (select cf.file_id from public.case_files cf)
    );
create policy "images that are own files" on public.images
    for select to authenticated using (file_id in (select f.id from public.files f));
create policy "documents that are own files" on public.documents
    for select to authenticated using (file_id in (select f.id from public.files f));
create policy "own workflows" on public.workflows
    for select to authenticated using (
        patient_id in (select p.id from public.patients p where p.profile_id = auth.uid())
    );

grant select on
    public.technician_roles, public.technicians, public.tasks, public.files, public.case_files, public.images,
    public.documents, public.templates, public.template_view_groups, public.template_view_roles, public.workflows
    to authenticated;
grant select, insert, update, delete on
    public.technician_roles, public.technicians, public.tasks, public.files, public.case_files, public.images,
    public.documents, public.templates, public.template_view_groups, public.template_view_roles, public.workflows
    to service_role;
