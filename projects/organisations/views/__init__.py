"""Pages of organisations: the holder's, the public ones, the eligibility questions."""
