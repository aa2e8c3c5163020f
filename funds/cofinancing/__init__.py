"""The co-financing round of a project ("tour de table"): who brings what, beside what the platform itself brings."""
