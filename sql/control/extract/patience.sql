-- How long the coordinating session waits for a lock, and works on one statement (milliseconds; 0: as long as it takes).
-- These are no queries: the transaction has not chosen its moment yet.
set local lock_timeout = {lock_timeout};
set local statement_timeout = {statement_timeout}
