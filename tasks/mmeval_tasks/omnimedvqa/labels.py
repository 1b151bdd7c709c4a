"""Modalities and question types: literal labels, misspellings included, and short ids."""

from __future__ import annotations

import re

MODALITIES = {
    "ct": "CT(Computed Tomography)",
    "mr": "MR (Mag-netic Resonance Imaging)",
    "xray": "X-Ray",
    "us": "ultrasound",
    "der": "Dermoscopy",
    "fp": "Fundus Photography",
    "oct": "OCT (Optical Coherence Tomography",
    "mic": "Microscopy Images",
    "end": "Endoscopy",
    "dp": "Digital Photography",
    "iri": "Infrared Reflectance Imaging",
    "col": "Colposcopy",
}
TYPES = {
    "mrec": "Modality Recognition",
    "ai": "Anatomy Identification",
    "dd": "Disease Diagnosis",
    "lg": "Lesion Grading",
    "oba": "Other Biological Attributes",
}

UNKNOWN = "unknown"

_PREFIXES = {
    **{modality: modality for modality in ("ct", "mr", "xray", "oct")},
    "ultrasound": "us",
    "dermoscopy": "der",
    "fundus": "fp",
    "microscopy": "mic",
    "endoscopy": "end",
    "digitalphotography": "dp",
    "infraredreflectance": "iri",
    "colposcopy": "col",
}


def modality_id(label: str) -> str:
    """The id of a modality label, by its longest known beginning; an unknown label is an id of its own."""
    plain = _plain(label)
    known = [prefix for prefix in _PREFIXES if plain.startswith(prefix)]
    return _PREFIXES[max(known, key=len)] if known else plain or UNKNOWN


def type_id(label: str) -> str:
    """The id of a question type; an unknown label is an id of its own."""
    plain = _plain(label)
    return next((name for name, known in TYPES.items() if _plain(known) == plain), plain or UNKNOWN)


def _plain(label: str) -> str:
    return re.sub(r"[\W_]", "", label.casefold())
