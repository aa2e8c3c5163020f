"""Share the fund's money by public rules and votes: pure code, importable without Django or a database."""
