"""Before a saver lends: what they know, what they could lose, and the class they are in (E01, E06 to E08, E13)."""
