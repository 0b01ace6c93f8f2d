-- The planner learns what has been loaded.
analyze {table}
