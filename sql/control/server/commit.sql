-- From here on, what the transaction did has happened, whole.
commit
