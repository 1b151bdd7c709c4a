"""`openai`: any server with OpenAI's API, chat and completions. Importable without httpx."""

from mmeval_models.openai.model import ChatCompletions, Completions, OpenAIModel

__all__ = ["ChatCompletions", "Completions", "OpenAIModel"]
