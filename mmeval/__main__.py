"""`python -m mmeval`."""

from mmeval.cli import main

if __name__ == "__main__":  # processes that an engine spawns import this module again
    main()
