"""The register of rules: versions, evaluations, breaches, forecasts and simulations."""
