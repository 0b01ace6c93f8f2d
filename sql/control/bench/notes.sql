-- Stands for the ledger's tables: what is noted there costs a statement, and where it is not of a chunk, a commit.
create table {table} (
    run_id   uuid not null,
    what     text not null,
    noted_at timestamptz not null default now(),
    rows     bigint,
    primary key (run_id, what)
)
