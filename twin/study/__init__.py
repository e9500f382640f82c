"""Many replications: scenarios compared on common random numbers."""
