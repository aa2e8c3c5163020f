"""Who carries projects: organisations, their register, places and team, and the anonymous eligibility questions."""
