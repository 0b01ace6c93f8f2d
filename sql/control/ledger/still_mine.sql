-- May this process still write? The share lock makes a newer run wait until this transaction has ended.
select epoch from rehome.epoch where epoch = $1 for share
