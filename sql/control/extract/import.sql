-- Joins the moment that the coordinating session exported.
set transaction snapshot {snapshot}
