"""Samples from files and hubs: one resolver for all tasks, every source pinned and hashed."""

from mmeval.data.dataset import DataRecord, Dataset
from mmeval.data.resolve import DataOptions, Declared, resolve
from mmeval.data.retrieved import Retrieved

__all__ = ["DataOptions", "DataRecord", "Dataset", "Declared", "Retrieved", "resolve"]
