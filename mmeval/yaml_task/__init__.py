"""The one task class that YAML compiles to, and the index of folders of task files."""
