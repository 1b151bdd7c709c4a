"""The tiny model that has learned to see: whole runs through `mmeval`."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

import mmeval

pytest.importorskip("torch")
pytest.importorskip("transformers")

from tests.assets.shapes import draw, questions

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINT = ROOT / "tests" / "assets" / "tiny_vlm"
UNSEEN = 1_000_000
"""Seeds from here on were not trained on."""
ARGUMENTS = {"pretrained": str(CHECKPOINT), "dtype": "float32", "device": "cpu"}

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighty unseen images with three questions each, and the example's task file."""
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "colored_shapes").mkdir()
    rows = []
    for seed in range(UNSEEN, UNSEEN + 80):
        scene, path = draw(seed), f"colored_shapes/{seed}.png"
        scene.image.save(folder / path)
        rows += [
            {"image": path, "question": asked.text, "options": asked.options, "answer": asked.answer}
            for asked in questions(scene, Random(seed))
        ]
    (folder / "colored_shapes" / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    text = (ROOT / "examples" / "colored_shapes.yaml").read_text(encoding="utf-8")
    (folder / "written.yaml").write_text(text, encoding="utf-8")
    scored = text.partition("generation_kwargs")[0] + (
        "output_type: multiple_choice\ndoc_to_choice: options\nmetric_list:\n  - metric: acc\n"
    )
    scored = scored.replace("doc_to_target: answer", "doc_to_target: '{{options.index(answer)}}'")
    (folder / "scored.yaml").write_text(scored.replace("task: colored", "task: scored"), encoding="utf-8")
    return folder


def run(task: Path, tmp_path: Path, **options: Any) -> dict[str, Any]:
    results = mmeval.evaluate(
        tasks=str(task),
        model="hf_vlm",
        model_args=ARGUMENTS,
        apply_chat_template=True,
        variants="blank_image",
        output_path=str(tmp_path),
        **options,
    )
    assert results.exit_code == 0
    return results.data


@pytest.mark.parametrize(
    ("file", "name", "metric"),
    [("written.yaml", "colored_shapes", "exact_match"), ("scored.yaml", "scored_shapes", "acc")],
)
def test_it_reads_unseen_images_and_guesses_at_blank_ones(
    folder: Path, tmp_path: Path, file: str, name: str, metric: str
) -> None:
    data = run(folder / file, tmp_path)
    seen, blank = (data["results"][task][f"{metric},none"] for task in (name, f"{name}@blank_image"))
    assert seen > 0.9
    assert blank < 0.42, "chance is (1/6 + 1/4 + 1/2) / 3 = 0.31"
    (gain,) = data["mmeval"]["tasks"][name]["gains"]["blank_image"]["metrics"]
    assert gain["value"] == pytest.approx(seen - blank)
    assert gain["interval"][0] > 0.4
    assert data["config"]["model_parameters"] < 600_000


def test_the_example_runs_as_it_is(tmp_path: Path) -> None:
    data = run(ROOT / "examples" / "colored_shapes.yaml", tmp_path, log_images=True)
    assert data["results"]["colored_shapes"]["exact_match,none"] > 0.8
    (images,) = tmp_path.rglob("images")
    assert len(list(images.iterdir())) == 13, "twelve pictures and a blank one"


def test_it_has_blocks_enough_for_probes() -> None:
    config = json.loads((CHECKPOINT / "config.json").read_text(encoding="utf-8"))
    assert config["text_config"]["num_hidden_layers"] == 8
    assert (CHECKPOINT / "model.safetensors").stat().st_size < 4_000_000
