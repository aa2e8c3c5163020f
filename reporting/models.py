"""Reporting writes nothing but its own documents, which are rows of the kernel."""
