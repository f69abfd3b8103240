"""Keep a case: one portable SQLite file, and nothing but that file."""
