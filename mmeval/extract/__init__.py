"""From raw answers to what is scored: extractors, and the pipelines that chain them.

An extractor is one function `(text, *, option=...) -> Extraction` behind one entry point of the group
`mmeval.extractors`; one that must see several answers or samples at once is a `TaskExtractor`.
"""

from mmeval.extract.pipeline import Pipeline, TaskExtractor, build_pipeline

__all__ = ["Pipeline", "TaskExtractor", "build_pipeline"]
