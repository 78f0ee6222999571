"""Virtual people: drawn from a seed, simulated in blocks, gathered into bands and outcomes."""
