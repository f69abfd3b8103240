"""Is it over? What is enough to say so, and what else of the case must be gone too."""
