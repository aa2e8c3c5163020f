"""What a financed project tells each year, and what the registers tell of it."""
