"""Layer search: what catalogues offer for the entries that are due."""
