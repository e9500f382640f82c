"""A synthetic firm with known truth."""
