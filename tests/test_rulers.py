"""Classifiers as rulers: which network a name stands for, what it sees, and the record of the generators."""

import pytest
import torch

from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.metrics import frechet_distance, precision_recall
from aesthetic_utils.models import ConvNet, ResNet
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.published.results import load_result
from aesthetic_utils.training.rulers import RULERS, load_classifier, seen_by, set_distances
from aesthetic_utils.training.weights import WeightsError, weights_info


@pytest.mark.parametrize("name", RULERS)
def test_a_ruler_is_the_network_of_its_name_and_sees_256_numbers(name):
    network = load_classifier(name)
    assert isinstance(network, ConvNet if name.startswith("convnet") else ResNet)
    assert not network.training and RUNS[name].ships_network
    with torch.no_grad():
        seen = network.features(torch.rand(2, 3, 32, 32))
    assert seen.shape == (2, 256) and seen.isfinite().all()


def test_what_is_no_classifier_or_has_no_weights_is_refused():
    with pytest.raises(WeightsError, match="'gan_emoji' is no classifier; names begin with cnn"):
        load_classifier("gan_emoji")
    with pytest.raises(WeightsError, match="no weights are called 'resnet_of_nothing'"):
        load_classifier("resnet_of_nothing")


class Sums(torch.nn.Module):
    """Features of two numbers that change with the mode, to notice a network that is not evaluated."""

    def features(self, x):
        assert len(x) <= 4
        seen = torch.stack([x.mean((1, 2, 3)), x[:, 0].amax((1, 2))], 1)
        return seen + 100 * self.training


def test_it_looks_in_evaluation_mode_a_chunk_at_a_time_and_in_order():
    images, network = torch.rand(10, 3, 8, 8), Sums()
    seen = seen_by(network, images, chunk=4)
    assert torch.allclose(seen[:, 0], images.mean((1, 2, 3))) and seen.shape == (10, 2)
    assert network.training, "left as it was"


def test_each_set_is_measured_against_the_same_reference():
    chance = torch.Generator().manual_seed(0)
    reference, near, far = torch.rand(3, 40, 3, 8, 8, generator=chance)
    far, some, network = far * 0.5, torch.arange(0, 40, 2), Looks()
    found = set_distances(network, reference, {"near": near[:20], ("far", 1): far[:20]}, some)
    real, seen = network.features(reference), network.features(far[:20])
    precision, recall = precision_recall(real[some], seen)
    assert found["far", 1] == {
        "frechet": frechet_distance(seen, real), "precision": precision, "recall": recall,
    }  # fmt: skip
    assert found["near"]["frechet"] < found["far", 1]["frechet"]


class Looks(torch.nn.Module):
    """Means of the three colours."""

    def features(self, x):
        return x.mean((2, 3))


def test_the_record_is_of_the_shipped_networks():
    record = load_result("generator_distances")
    generators = [name for name, run in RUNS.items() if run.family == "gan"]
    assert set(record["source"]["weights"]) == {*RULERS, *generators}
    for name, digest in record["source"]["weights"].items():
        assert weights_info(name)["sha256"] == digest, f"measure again: {name} is another one now"
    for ruler, sets in record["rulers"].items():
        assert set(sets) == {"held-out drawings", "noise", *generators}, ruler
        floor = sets["held-out drawings"]["frechet"]["mean"]
        for each in sets.values():
            assert each["in_floors"] == pytest.approx(each["frechet"]["mean"] / floor, abs=0.01)
        assert (
            1 < sets["gan_emoji"]["in_floors"] < min(sets[k]["in_floors"] for k in generators[1:])
        )
    assert record["n"] == len(load_emoji("test")) and record["reference"] == len(
        load_emoji("train")
    )
