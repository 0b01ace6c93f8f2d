-- How many runs stand in this target.
select count(*) as done from rehome.runs where state = 'done'
