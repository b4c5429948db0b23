"""Training: one step function a network, runs that resume, weights that ship with the project."""

from aesthetic_utils.training.checkpoint import (
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from aesthetic_utils.training.classification import (
    ClassifierSettings,
    classification_step,
    evaluate_classifier,
    predict,
    train_classifier,
)
from aesthetic_utils.training.gan import (
    GANSettings,
    discriminator_step,
    generator_step,
    sample,
    train_gan,
)
from aesthetic_utils.training.optimization import (
    set_learning_rate,
    update_ema,
    update_weights,
    warmup_cosine,
)
from aesthetic_utils.training.run import Run
from aesthetic_utils.training.super_resolution import super_resolution_step, upscale
from aesthetic_utils.training.weights import (
    WeightsError,
    load_weights,
    save_weights,
    weights_info,
)

__all__ = [
    "CheckpointError",
    "ClassifierSettings",
    "GANSettings",
    "Run",
    "WeightsError",
    "classification_step",
    "discriminator_step",
    "evaluate_classifier",
    "generator_step",
    "load_checkpoint",
    "load_weights",
    "predict",
    "sample",
    "save_checkpoint",
    "save_weights",
    "set_learning_rate",
    "super_resolution_step",
    "train_classifier",
    "train_gan",
    "update_ema",
    "update_weights",
    "upscale",
    "warmup_cosine",
    "weights_info",
]
