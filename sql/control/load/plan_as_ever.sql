-- The planner's choice again.
reset enable_nestloop;
reset work_mem
