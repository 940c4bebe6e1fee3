"""Layer want: what the DJ still has to buy."""
