"""The key information sheet of a loan offer (fiche d’informations clés sur l’investissement, FICI)."""
