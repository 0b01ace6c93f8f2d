-- From here the chunk is in the target, whole.
commit
