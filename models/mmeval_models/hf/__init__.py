"""`hf`: causal language models through transformers. Importable without torch; what needs it is imported on use."""

from mmeval_models.hf.model import HFModel

__all__ = ["HFModel"]
