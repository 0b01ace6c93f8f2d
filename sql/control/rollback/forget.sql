-- What the ledger knows of the run's rows goes, and what the run ended begins again: that it ran, and was taken back, stays.
delete from rehome.quarantine where run_id = {run};
insert into rehome.quarantine
select (jsonb_populate_record(null::rehome.quarantine, r.reject)).* from rehome.resolved r where r.run_id = {run};
delete from rehome.resolved where run_id = {run};
delete from rehome.kept where run_id = {run};
update rehome.kept set ended_by = null where ended_by = {run};
delete from rehome.conflicts where run_id = {run};
delete from rehome.former_mappings where run_id = {run};
delete from rehome.existing where run_id = {run};
delete from rehome.tables_left where run_id = {run};
delete from rehome.made_ids where run_id = {run};
delete from rehome.before_images where run_id = {run};
delete from rehome.chunks where run_id = {run};
delete from rehome.flows where run_id = {run};
update rehome.runs set state = 'rolled_back', finished_at = clock_timestamp() where run_id = {run}
