"""Layer probes: what each layer knows of an input, and how edits of the question change it."""

from mmeval_tasks.layer_probes.task import ImageProbes, LayerProbes, TextProbes

__all__ = ["ImageProbes", "LayerProbes", "TextProbes"]
