"""The objects of the API, one module by family. Each module holds `build` functions and, in `ROUTES`, its requests."""
