"""Pages of labels and charters."""
