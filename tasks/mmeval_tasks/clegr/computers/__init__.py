"""CLeGR-Computers: the transfer domain, a grid of computers (sheet section 10)."""
