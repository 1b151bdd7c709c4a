"""An example of every kind of mmeval plugin."""
