"""Clock, chance, secrets, workers, metrics: what a process is made of."""
