copy public.map_parent from stdin (format binary)
