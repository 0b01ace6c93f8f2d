-- The index of a partition becomes a part of the partitioned table's.
alter index {index} attach partition {part}
