-- Which target this is.
select target_id from rehome.epoch
