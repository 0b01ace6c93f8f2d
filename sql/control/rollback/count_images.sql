-- How many they are.
select count(*) as rows from pg_temp.rehome_images
