"""From the firm's records to behaviour, with the uncertainty that remains."""
