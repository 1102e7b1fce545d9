"""A host project's app: its own store tables and overrides, written the way a host would."""
