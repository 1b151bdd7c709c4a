"""`vllm` and `vllm_vlm`: language and vision-language models through vLLM.

Importable without it; what needs it is imported on use.
"""

from mmeval_models.vllm.model import VLLMModel
from mmeval_models.vllm.vision import VLLMVisionModel

__all__ = ["VLLMModel", "VLLMVisionModel"]
