"""What the company does, and the directory that a calibrated firm is."""
