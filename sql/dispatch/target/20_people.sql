-- People and places: profiles, doctors, offices, patients.

create type public.patient_sex as enum ('female', 'male', 'other', 'unknown');

create table public.profiles (
    id             uuid        not null,
    legacy_user_id bigint      not null,
    username       text        not null,
    email          text,
    first_name     text,
    last_name      text,
    full_name      text,
    is_active      boolean     not null,
    is_staff       boolean     not null,
    is_superuser   boolean     not null,
    date_joined    timestamptz,
    last_login_at  timestamptz,
    metadata       jsonb       not null default '{}',
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    constraint profiles_pkey primary key (id),
    constraint profiles_legacy_user_id_key unique (legacy_user_id),
    constraint profiles_id_fkey foreign key (id) references auth.users (id) on delete cascade
);

create index profiles_email_idx on public.profiles (email);

create table public.doctors (
    id              uuid        not null,
    legacy_id       bigint      not null,
    profile_id      uuid        not null,
    full_name       text,
    office_ids      uuid[]      not null default '{}',
    specialisations text[]      not null default '{}',
    is_active       boolean     not null,
    metadata        jsonb       not null default '{}',
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    constraint doctors_pkey primary key (id),
    constraint doctors_legacy_id_key unique (legacy_id),
    constraint doctors_profile_id_key unique (profile_id),
    constraint doctors_profile_id_fkey foreign key (profile_id) references public.profiles (id)
);

create index doctors_office_ids_idx on public.doctors using gin (office_ids);

create table public.offices (
    id         uuid        not null,
    legacy_id  bigint      not null,
    name       text        not null,
    country    text,
    city       text,
    phone      text,
    email      text,
    is_active  boolean     not null default true,
    metadata   jsonb       not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint offices_pkey primary key (id),
    constraint offices_legacy_id_key unique (legacy_id)
);

create index offices_country_idx on public.offices (country);

create table public.patients (
    id         uuid               not null,
    legacy_id  bigint             not null,
    profile_id uuid,
    doctor_id  uuid,
    office_id  uuid,
    suffix     text,
    birth_date date,
    sex        public.patient_sex not null default 'unknown',
    is_active  boolean            not null,
    deleted_at timestamptz,
    metadata   jsonb              not null default '{}',
    created_at timestamptz        not null default now(),
    updated_at timestamptz        not null default now(),
    constraint patients_pkey primary key (id),
    constraint patients_legacy_id_key unique (legacy_id),
    constraint patients_suffix_check check (suffix ~ '^[A-Z0-9+-]{1,8}$'),
    constraint patients_profile_id_fkey foreign key (profile_id) references public.profiles (id),
    constraint patients_doctor_id_fkey foreign key (doctor_id) references public.doctors (id),
    constraint patients_office_id_fkey foreign key (office_id) references public.offices (id)
);

create index patients_profile_id_idx on public.patients (profile_id);
create index patients_doctor_id_idx on public.patients (doctor_id);
create index patients_office_id_idx on public.patients (office_id);

create trigger profiles_set_updated_at before update on public.profiles
    for each row execute function public.set_updated_at();
create trigger doctors_set_updated_at before update on public.doctors
    for each row execute function public.set_updated_at();
create trigger offices_set_updated_at before update on public.offices
    for each row execute function public.set_updated_at();
create trigger patients_set_updated_at before update on public.patients
    for each row execute function public.set_updated_at();

alter table public.profiles enable row level security;
alter table public.doctors enable row level security;
alter table public.offices enable row level security;
alter table public.patients enable row level security;

create policy "own profile" on public.profiles
    for select to authenticated using (id = auth.uid());
create policy "offices are known to every user" on public.offices
    for select to authenticated using (true);
create policy "doctors are known to every user" on public.doctors
    for select to authenticated using (true);
create policy "own patient record" on public.patients
    for select to authenticated using (profile_id = auth.uid());

grant select on public.profiles, public.doctors, public.offices, public.patients to authenticated;
grant select, insert, update, delete on public.profiles, public.doctors, public.offices, public.patients
    to service_role;
