"""The command line. One file per command; a command's file is imported when the command is used."""

from __future__ import annotations

from mmeval.cli.main import main

__all__ = ["main"]
