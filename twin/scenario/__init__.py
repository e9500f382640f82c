"""What might be done: scenario files read, checked and turned into a plan."""
