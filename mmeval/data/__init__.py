"""Samples from files and hubs: one resolver for all tasks, every source pinned and hashed."""

from mmeval.data.dataset import DataRecord, Dataset
from mmeval.data.resolve import DataOptions, Declared, resolve

__all__ = ["DataOptions", "DataRecord", "Dataset", "Declared", "resolve"]
