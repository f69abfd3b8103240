"""What we do at a site to see whether it works. Connects through `model/exchange.py: Asker` only."""
