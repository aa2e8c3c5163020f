"""The partners' API: their programs send files and read what was made of them (ruling C10)."""
