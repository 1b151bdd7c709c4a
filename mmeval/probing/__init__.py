"""Linear probes on hidden states: all layers at once, with controls. torch is imported by what fits, on use."""

from mmeval.probing.controls import codelength, grouped_classes, random_labels, random_types
from mmeval.probing.features import Features, Floats, Hashed, Ints, Shifted, Taken, digest, mean_state
from mmeval.probing.linear import L2_GRID, Estimator, Labelled, Probed, Settings, choose_l2, probe
from mmeval.probing.memo import Memo
from mmeval.probing.predictions import Predictions
from mmeval.probing.resampling import accuracy_draws, stratified_draws, stratified_split
from mmeval.probing.states import RunStates

__all__ = [
    "L2_GRID",
    "Estimator",
    "Features",
    "Floats",
    "Hashed",
    "Ints",
    "Labelled",
    "Memo",
    "Predictions",
    "Probed",
    "RunStates",
    "Settings",
    "Shifted",
    "Taken",
    "accuracy_draws",
    "choose_l2",
    "codelength",
    "digest",
    "grouped_classes",
    "mean_state",
    "probe",
    "random_labels",
    "random_types",
    "stratified_draws",
    "stratified_split",
]
