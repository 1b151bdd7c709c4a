"""Names -> plugin objects. A registry lists names from package metadata and loads an object on first use."""
