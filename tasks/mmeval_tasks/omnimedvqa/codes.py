"""What can be wrong with an item, and what is done about it (sheet section 10)."""

from __future__ import annotations

from collections.abc import Mapping

DROPPED: Mapping[str, str] = {
    "image_missing": "the image is not here",
    "image_unreadable": "the image cannot be decoded",
    "path_escape": "the image's path leaves the root",
    "gt_not_in_options": "the gold answer is none of the options",
    "too_few_options": "fewer than two options",
    "field_missing": "a required field is missing",
    "duplicate_item": "an identical record was kept before",
    "json_error": "the file is not JSON",
    "json_encoding": "the file is not UTF-8",
}
"""Codes of what is not scored."""

KEPT: Mapping[str, str] = {
    "path_leading_slash": "leading slash stripped",
    "path_backslash": "backslashes read as slashes",
    "path_case": "found under another letter case",
    "image_ext_mismatch": "the suffix names another format",
    "image_16bit": "scaled to 8 bits",
    "image_alpha": "transparency dropped",
    "gt_normalised": "gold matched without case, dot and dashes",
    "gt_is_letter": "gold read as a letter",
    "ambiguous_gold": "several options equal the gold; each is right",
    "duplicate_distractors": "two wrong options are equal",
    "duplicate_question_id": "another item has this id; file and position stand for it",
    "option_gap": "letters with a gap, kept as they are",
    "blank_option": "a blank option is absent",
    "non_string_option": "an option or the gold was no text",
    "modality_key_alias": "the key 'modality' read as 'modality_type'",
    "modality_missing": "no modality: 'unknown'",
    "json_bom": "byte order mark skipped",
    "json_shape": "not a list: read as a list of one",
    "empty_file": "a file without items",
}
"""Codes of what is scored all the same."""

MEANING: Mapping[str, str] = {**DROPPED, **KEPT}
