-- Index builds may take memory and workers, and wait for locks as long as nothing may move.
begin;
set local lock_timeout = {patience};
set local maintenance_work_mem = '256MB';
set local max_parallel_maintenance_workers = {workers}
