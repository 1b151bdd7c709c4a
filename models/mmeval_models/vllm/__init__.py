"""`vllm`: causal language models through vLLM. Importable without it; what needs it is imported on use."""

from mmeval_models.vllm.model import VLLMModel

__all__ = ["VLLMModel"]
