"""Labels and charters: referentials, assessments, what is held, signed or lost (rulings B23–B25)."""
