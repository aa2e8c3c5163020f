"""Documents as tagged, archivable PDF files (rulings A11, B32). Start at `canvas`, then `layout` for whole pages."""
