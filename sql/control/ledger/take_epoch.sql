-- Becomes the one run that may write; waits for chunks of an older run that are being committed.
update rehome.epoch
set epoch = epoch + 1, run_id = $1, taken_at = clock_timestamp()
returning epoch
