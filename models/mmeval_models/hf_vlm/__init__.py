"""`hf_vlm`: vision-language models through transformers. Importable without torch; what needs it is imported on use."""

from mmeval_models.hf_vlm.model import HFVLMModel

__all__ = ["HFVLMModel"]
