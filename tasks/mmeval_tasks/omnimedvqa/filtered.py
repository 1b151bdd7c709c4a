"""Tasks over one modality or one question type each. They share items with `omnimedvqa`: tags list them, no group."""

from __future__ import annotations

from mmeval_tasks.omnimedvqa.task import OmniMedVQA


def _only(name: str, **only: str) -> type[OmniMedVQA]:
    return type(f"OmniMedVQA_{name}", (OmniMedVQA,), {"name": f"omnimedvqa_{name}", "only": only})


ct = _only("ct", modalities="ct")
mr = _only("mr", modalities="mr")
xray = _only("xray", modalities="xray")
us = _only("us", modalities="us")
der = _only("der", modalities="der")
fp = _only("fp", modalities="fp")
oct_ = _only("oct", modalities="oct")
mic = _only("mic", modalities="mic")

mrec = _only("mrec", question_types="mrec")
ai = _only("ai", question_types="ai")
dd = _only("dd", question_types="dd")
lg = _only("lg", question_types="lg")
oba = _only("oba", question_types="oba")

MODALITIES = tuple(task.name for task in (ct, mr, xray, us, der, fp, oct_, mic))
QUESTION_TYPES = tuple(task.name for task in (mrec, ai, dd, lg, oba))
