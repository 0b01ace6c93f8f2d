-- These rows alone.
{id} = any ({ids}::uuid[])
