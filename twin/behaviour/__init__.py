"""Pure mathematics of a customer: no clock, no files, no chance of its own."""
