-- What was looked at, is left as it is.
rollback
