"""One scenario per module, in its `SCENARIO`."""
