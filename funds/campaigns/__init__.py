"""Campaigns: an offer is prepared by its holder, reviewed and opened by the manager, told, asked about, released."""
