"""The task's result: `result.json`, `per_layer.csv`, pictures, and the rows of the table."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from mmeval.probing import Predictions
from mmeval.task import Artifacts
from mmeval.types import SampleScore, TaskResult
from mmeval_tasks.layer_probes.analysis.measures import (
    Curves,
    Doubles,
    agreement,
    flips,
    geometry,
    interval,
    mcnemar_holm,
    mean_over,
    nan_mean,
    spearman,
)
from mmeval_tasks.layer_probes.analysis.rows import details, rows
from mmeval_tasks.layer_probes.analysis.segmentation import Thresholds
from mmeval_tasks.layer_probes.analysis.stages import FACTORS, FAMILIES, effects, family, stages, uses_effects
from mmeval_tasks.layer_probes.analysis.study import Study
from mmeval_tasks.layer_probes.limits import LIMITS
from mmeval_tasks.layer_probes.subject import Subject

RESULT = "result.json"


def analyse(subject: Subject, result: TaskResult, scored: Sequence[SampleScore], artifacts: Artifacts) -> TaskResult:
    """`result` with the rows and details of all fits; files are written into the task's folder."""
    study = Study(subject, scored, artifacts)
    curves = Curves(
        np.stack([[each.correct for each in _seed(study, seed)] for seed in range(subject.options.seeds)]),
        study.test.labels,
        study.classes,
        subject.options.bootstrap,
    )
    report = _report(subject, study, curves, _manifest(artifacts))
    _write(artifacts.directory, report)
    _draw(subject, report, artifacts.directory)
    table = (*result.metrics, *rows(subject, report, curves))
    return TaskResult(table, result.slices, result.baselines, details(report))


def _seed(study: Study, seed: int) -> list[Predictions]:
    return [study.fits[seed].predictions[name] for name in study.prompts]


# ---------------------------------------------------------------- result.json


def _report(subject: Subject, study: Study, curves: Curves, manifest: Mapping[str, Any]) -> dict[str, Any]:
    thresholds = Thresholds(*subject.options.thresholds)
    report = {
        "task": subject.name,
        "version": subject.version,
        "model": _model(study, manifest),
        "data": _data(subject, study),
        "prompts": [prompt.model_dump(mode="json") for prompt in subject.prompts.prompts],
        "probe": _probe(subject, study),
        "layers": [*range(curves.accuracy.shape[1] - 1), "norm"],
        "metrics": _metrics(subject, study, curves),
        "behaviour": _behaviour(subject, study),
        "controls": _controls(subject, study, curves),
        "stages": stages(curves, subject.prompts, thresholds, subject.first_stage),
    }
    report["summary"] = _summary(study, curves, report)
    report["cost"] = _cost(study)
    report["versions"] = manifest.get("environment", {})
    report["limits"] = list(LIMITS)
    report["warnings"] = _warnings(subject, study, report)
    content: dict[str, Any] = _plain(report)
    return content


def _manifest(artifacts: Artifacts) -> Mapping[str, Any]:
    """`run.json`, which says what the model is; empty outside a run."""
    file = artifacts.arrays.parent / "run.json"
    known: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return known


def _model(study: Study, manifest: Mapping[str, Any]) -> dict[str, Any]:
    model = manifest.get("models", {}).get("model", {})
    info = model.get("info", {})
    *_, layers, width = study.test.refs[0].shape
    return {
        "id": info.get("pretrained", model.get("name", "")),
        "revision": info.get("commit") or info.get("revision"),
        "family": info.get("architecture"),
        "init": info.get("init"),
        "n_blocks": layers - 2,
        "d_model": width,
        "dtype": study.test.refs[0].dtype,
        "chat_template_sha256": info.get("chat_template_sha256"),
    }


def _data(subject: Subject, study: Study) -> dict[str, Any]:
    config = subject.config
    return {
        "source": config.get("source"),
        "content_sha256": config["content_sha256"],
        "classes": list(subject.labels),
        "n_classes": study.classes,
        "n_train": len(study.split(0)[0]),
        "n_val": len(study.split(0)[1]),
        "n_test": len(study.test.labels),
        "filter": subject.options.filter_anchor,
        "dropped_per_class": dict(study.dropped),
    }


def _probe(subject: Subject, study: Study) -> dict[str, Any]:
    shared = {score.values["shared_tokens"] for side in (study.pool, study.test) for score in side.scores}
    ways = {"unknown" if tokens is None else "shared" if tokens else "full" for tokens in shared}
    return {
        "estimator": study.settings.estimator,
        "lambda": study.settings.l2,
        "lambda_grid": {str(l2): list(curve) for l2, curve in sorted(study.grid.items())},
        "standardize": study.settings.estimator == "logistic",
        "seeds": subject.options.seeds,
        "converged": [bool(each) for each in study.fits[0].converged],
        "path_mode": "+".join(sorted(ways)),
        "position": subject.config["position"],
    }


def _metrics(subject: Subject, study: Study, curves: Curves) -> dict[str, Any]:
    names, first = study.prompts, _seed(study, 0)
    low, high = interval(curves.replicates)
    drop_low, drop_high = interval(curves.relative_drop_draws)
    accuracy = curves.accuracy
    p_values = mcnemar_holm(first[0], first[1:])
    found: dict[str, Any] = {
        "acc": {
            name: {"mean": accuracy[at], "sd": curves.seed_sd[at], "ci_lo": low[at], "ci_hi": high[at]}
            for at, name in enumerate(names)
        },
        "top5": {name: each.top5 for name, each in zip(names, first, strict=True)},
        "macro_acc": {name: each.macro_accuracy for name, each in zip(names, first, strict=True)},
        "nll": {name: each.nll for name, each in zip(names, first, strict=True)},
        "ece": {name: each.ece for name, each in zip(names, first, strict=True)},
        "drop": {name: accuracy[0] - accuracy[at] for at, name in enumerate(names) if at},
        "rel_drop": {
            name: {"mean": curves.relative_drop[at], "ci_lo": drop_low[at], "ci_hi": drop_high[at]}
            for at, name in enumerate(names[1:])
        },
        "family_rel_drop": _families(subject, curves),
        "flip": {name: flips(first[0], each) for name, each in zip(names[1:], first[1:], strict=True)},
        "agree_correct": {name: agreement(first[0], each) for name, each in zip(names[1:], first[1:], strict=True)},
        "mcnemar_p_holm": dict(zip(names[1:], p_values, strict=True)),
        **_transfer(subject, study),
        **_shapes(study),
    }
    if uses_effects(subject.prompts):
        found["factor_effects"] = _effects(subject, curves)
    return found


def _families(subject: Subject, curves: Curves) -> dict[str, Any]:
    """Relative drops by family, and how much more negation and format cost than wording."""
    means, draws = (
        {name: mean_over(each, family(subject.prompts, name)) for name in FAMILIES}
        for each in (curves.relative_drop, curves.relative_drop_draws)
    )
    for name in ("negation", "format"):
        for each in (means, draws):
            each[f"{name}_minus_lexical"] = each[name] - each["lexical"]
    return {name: _with_interval(means[name], draws[name]) for name in means}


def _with_interval(point: Doubles, draws: Doubles) -> dict[str, Doubles]:
    low, high = interval(draws)
    return {"mean": point, "ci_lo": low, "ci_hi": high}


def _effects(subject: Subject, curves: Curves) -> dict[str, Any]:
    point, draws = (effects(each, subject.prompts) for each in (curves.relative_drop, curves.relative_drop_draws))
    return {name: _with_interval(point[at], draws[:, at]) for at, name in enumerate(FACTORS)}


def _transfer(subject: Subject, study: Study) -> dict[str, Any]:
    """Accuracy after re-centring and after re-training, where the variants of training inputs were read."""
    if not study.has_variants_of_pool:
        return {}
    found: dict[str, Any] = {}
    if "recentred" in subject.options.controls:
        found["recentred_acc"] = {
            name: np.mean([each.accuracy for each in study.predictions(f"recentred/{name}")], axis=0)
            for name in study.prompts[1:]
        }
    if "retrained" in subject.options.controls:
        found["retrained_acc"] = {name: each.accuracy for name, each in study.retrained().items()}
    return found


def _shapes(study: Study) -> dict[str, Any]:
    anchor = study.test.states(0)
    found = {
        name: geometry(anchor, study.test.states(at), study.test.labels) for at, name in enumerate(study.prompts) if at
    }
    return {key: {name: getattr(each, key) for name, each in found.items()} for key in ("cosine", "shift", "cka")}


def _behaviour(subject: Subject, study: Study) -> dict[str, Any]:
    """What the model answers to each prompt, and whether that goes with what its layers hold."""
    first = _seed(study, 0)
    return {prompt.id: _answers(study, at, first[at]) for at, prompt in enumerate(subject.prompts.prompts)}


def _answers(study: Study, place: int, predictions: Predictions) -> dict[str, Any]:
    margins = [score.values["margins"][place] for score in study.test.scores]
    known = np.array([margin for margin in margins if margin is not None])
    first = [score.values["first"][place] for score in study.test.scores]
    if len(known) < len(margins):
        return {"answer_acc": None, "margin_mean": None, "first": _most_common(first)}
    return {
        "answer_acc": float((known > 0).mean()),
        "margin_mean": float(known.mean()),
        "first": _most_common(first),
        "margin_vs_correct": [spearman(known, layer.astype(float)) for layer in predictions.correct],
    }


def _most_common(texts: Sequence[str]) -> dict[str, int]:
    counts = {text: texts.count(text) for text in dict.fromkeys(texts)}
    return dict(sorted(counts.items(), key=lambda item: -item[1])[:3])


def _controls(subject: Subject, study: Study, curves: Curves) -> dict[str, Any]:
    found: dict[str, Any] = {
        "chance": 1 / study.classes,
        "majority": float(np.bincount(study.test.labels).max() / len(study.test.labels)),
    }
    if "random_labels" in subject.options.controls:
        found["random_label_acc"] = study.random_labels().accuracy
    if "selectivity" in subject.options.controls:
        found |= _selectivity(study, curves)
    if "mdl" in subject.options.controls:
        found["mdl_compression"] = study.mdl()
    if "ceiling" in subject.options.controls:
        ceilings = {
            "vision_only_acc": study.vision_only(),
            "bag_of_words_acc": study.bag_of_words(),
            "length_only_acc": study.length_only(),
        }
        found |= {name: value for name, value in ceilings.items() if value is not None}
    if subject.options.untrained:
        found["untrained_acc"] = _other(subject, subject.options.untrained)["metrics"]["acc"]
        found["untrained_drop"] = _other(subject, subject.options.untrained)["metrics"]["drop"]
    return found


def _selectivity(study: Study, curves: Curves) -> dict[str, Any]:
    """Accuracy above chance beyond that of the control task: random word types of passages, else groups of classes."""
    chance, found = 1 / study.classes, {}
    control, control_chance = study.word_types(), chance
    if study.classes >= 4:
        grouped, groups = study.grouped()
        found = {"held_out_groups_acc": grouped.accuracy, "held_out_groups_chance": 1 / groups}
        if control is None:
            control, control_chance = grouped, 1 / groups
    if control is None:
        return found
    above = curves.accuracy[0] - chance
    return {**found, "control_task_acc": control.accuracy, "selectivity": above - (control.accuracy - control_chance)}


def _summary(study: Study, curves: Curves, report: Mapping[str, Any]) -> dict[str, Any]:
    """The peak is the block where probes do best on validation inputs, so that its test accuracy is not chosen."""
    validation = np.mean([each.accuracy for each in study.predictions("validation")], axis=0)[1:-1]
    peak = int(validation.argmax()) + 1
    blocks = curves.accuracy.shape[1] - 2
    selectivity = report["controls"].get("selectivity")
    drops = report["metrics"]["family_rel_drop"]
    return {
        "peak_acc": curves.accuracy[0, peak],
        "peak_layer": peak,
        "peak_depth": peak / blocks,
        "auc_acc": curves.accuracy[0, 1:-1].mean(),
        "stage_widths": report["stages"]["rule_T"]["widths"],
        "selectivity_at_peak": None if selectivity is None else selectivity[peak],
        "mean_rel_drop": {name: float(nan_mean(drops[name]["mean"][1:-1])) for name in FAMILIES},
    }


def _cost(study: Study) -> dict[str, Any]:
    refs = [*study.pool.refs, *study.test.refs]
    scores = [*study.pool.scores, *study.test.scores]
    return {
        "tokens": sum(score.values["prompt_tokens"] or 0 for score in scores),
        "cache_bytes": sum(math.prod(ref.shape) * (4 if ref.dtype == "float32" else 2) for ref in refs),
        "fits_made": study.memo.fitted,
    }


def _warnings(subject: Subject, study: Study, report: Mapping[str, Any]) -> list[str]:
    accuracy = report["metrics"]["acc"]["anchor" if "anchor" in study.prompts else study.prompts[0]]["mean"]
    majority, n_test = report["controls"]["majority"], len(study.test.labels)
    warnings = []
    if accuracy[0] > majority + 3 * math.sqrt(majority * (1 - majority) / n_test):
        warnings.append(
            "layer 0 is above chance: the last token's embedding knows the input (positions leak its length)"
        )
    if not all(report["probe"]["converged"]):
        warnings.append(f"{report['probe']['converged'].count(False)} layers' fits did not converge")
    if not study.has_variants_of_pool:
        warnings.append("variants of training inputs were not read: no re-centred and re-trained accuracy")
    if not subject.options.untrained:
        warnings.append("no untrained twin is given: an untrained network shows lexical sensitivity too")
    if "+" in report["probe"]["path_mode"]:
        warnings.append("some prompts were read behind a shared prefix, others whole: their last bits differ")
    return warnings


def _other(subject: Subject, run: str) -> dict[str, Any]:
    file = Path(run) / "tasks" / subject.name / RESULT
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


# ---------------------------------------------------------------- files


def _plain(value: Any) -> Any:
    """JSON data; what is not a number becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write(folder: Path, report: Mapping[str, Any]) -> None:
    (folder / RESULT).write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    with (folder / "per_layer.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("layer", "prompt", "metric", "value"))
        table.writerows(_cells(report))


def _cells(report: Mapping[str, Any]) -> Iterator[tuple[Any, str, str, Any]]:
    for metric, by_prompt in report["metrics"].items():
        for prompt, values in by_prompt.items():
            named = {metric: values} if isinstance(values, list) else {f"{metric}_{k}": v for k, v in values.items()}
            for name, column in named.items():
                for layer, value in zip(report["layers"], column, strict=True):
                    yield layer, prompt, name, value


def _draw(subject: Subject, report: Mapping[str, Any], folder: Path) -> None:
    """Pictures, where matplotlib is installed (extra `report`)."""
    if find_spec("matplotlib") is not None:
        from mmeval_tasks.layer_probes.analysis.pictures import draw

        draw(report, [_other(subject, run) for run in subject.options.beside], folder)
