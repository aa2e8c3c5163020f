"""Where the money of a region comes from: partners, channels, what they declare, and totals that count a euro once."""
