"""The firm's records: what they must hold, how they are read, and what is wrong with them."""
