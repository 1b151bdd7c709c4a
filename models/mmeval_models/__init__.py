"""Models that ship with mmeval, registered through entry points like anyone's."""
