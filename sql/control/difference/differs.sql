(row({of_table})::record operator(pg_catalog.*<>) row({of_stage})::record)
