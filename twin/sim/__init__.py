"""The clock: one replication of one plan, day by day, in fixed phases."""
