"""Task and group files as schemas: YAML with lines, includes and lazy function references."""
