"""What networks cost, and cheaper ones made from them."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.models import ResNet, ResNetConfig, SRResNet, SRResNetConfig
from aesthetic_utils.published import cheap_judge
from aesthetic_utils.published.course_cost import course_cost, published_records
from aesthetic_utils.training import cheaper, costs
from tools import publish_cost

EXERCISES = exercises_of("5_2_4")


@pytest.fixture(autouse=True)
def smoke(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")


def small_resnet() -> ResNet:
    torch.manual_seed(0)
    network = ResNet(ResNetConfig(classes=8, channels=(4, 8, 16)))
    for norm in (m for m in network.modules() if isinstance(m, nn.BatchNorm2d)):
        nn.init.uniform_(norm.weight, 0.5, 1.5)  # the last of a block begins at 0
        nn.init.normal_(norm.running_mean, 0, 0.1)
    return network.eval()


def small_srresnet(**other) -> SRResNet:
    torch.manual_seed(0)
    settings = {"blocks": 2, "channels": 8, "batch_norm": False, "image_skip": True} | other
    network = SRResNet(SRResNetConfig(**settings)).eval()
    nn.init.normal_(network.to_image.weight, 0, 0.01)
    return network


# ---- what is counted


def test_multiply_adds_are_those_of_the_formula():
    conv = nn.Conv2d(32, 64, 3, stride=2, padding=1)
    assert costs.multiply_adds(conv, torch.rand(1, 32, 32, 32)) == 64 * 32 * 9 * 16 * 16
    assert costs.multiply_adds(nn.Linear(7, 5), torch.rand(3, 7)) == 3 * 7 * 5


def test_bytes_are_those_of_each_number():
    network = nn.Conv2d(3, 4, 3)
    assert costs.stored_bytes(network) == 4 * (3 * 4 * 9 + 4)
    assert costs.stored_bytes(network.bfloat16()) == 2 * (3 * 4 * 9 + 4)


def test_jobs_take_turns_after_one_round_to_warm_up():
    order, ticks = [], iter(range(100))
    seconds = costs.paired_seconds(
        {name: lambda name=name: order.append(name) for name in "ab"},
        rounds=3,
        clock=lambda: float(next(ticks)),
    )
    assert "".join(order) == "ab" * 4 and seconds == {"a": [1.0] * 3, "b": [1.0] * 3}
    with pytest.raises(ValueError, match="at least one"):
        costs.paired_seconds({}, rounds=0)


def test_a_ratio_is_one_of_rounds():
    assert costs.ratio([2, 8, 6], [1, 2, 2]) == (3.0, 2.5, 3.5)
    assert costs.ratio([4], [2]) == (2.0, 2.0, 2.0)


@pytest.fixture
def counters(tmp_path):
    for zone, text in (("intel-rapl:0", "1000"), ("intel-rapl:0:0", "7"), ("intel-rapl:1", "900")):
        (tmp_path / zone).mkdir()
        (tmp_path / zone / "energy_uj").write_text(text)
        (tmp_path / zone / "max_energy_range_uj").write_text("1000000")
    return tmp_path


def test_joules_are_those_of_whole_processors_and_survive_a_new_beginning(counters):
    def job():
        (counters / "intel-rapl:0" / "energy_uj").write_text("501000")
        (counters / "intel-rapl:1" / "energy_uj").write_text("400")

    assert len(costs.energy_counters(counters)) == 2
    assert costs.joules(job, counters) == pytest.approx(0.5 + (400 - 900 + 1_000_000) / 1e6)


def test_without_a_counter_the_job_runs_and_nothing_is_invented(tmp_path):
    (tmp_path / "intel-rapl:0").mkdir()  # without a readable file
    done = []
    assert costs.joules(lambda: done.append(1), tmp_path) is None and done == [1]
    assert costs.energy_counters(tmp_path / "nowhere") == []


def test_the_front_is_what_nothing_beats():
    costly, good = [1, 2, 4, 4, 8, 9, 9], [0.5, 0.6, 0.7, 0.65, 0.6, 0.8, 0.8]
    assert costs.front(costly, good) == [0, 1, 2, 5]
    assert costs.front([3, 1], [0.1, 0.9]) == [1] and costs.front([], []) == []
    with pytest.raises(ValueError, match="one each"):
        costs.front([1], [])


def test_a_paired_change_counts_what_changed():
    before = torch.tensor([True] * 50 + [False] * 50)
    after = before.clone()
    after[:4], after[99] = False, True
    change, half = costs.paired_change(before, after)
    assert change == pytest.approx(-0.03)
    assert half == pytest.approx(1.96 * ((5 / 100 - 0.03**2) / 100) ** 0.5)
    assert costs.paired_change(before, before) == (0.0, 0.0)
    with pytest.raises(ValueError, match="two answers"):
        costs.paired_change(before, after[:3])


def test_zeros_pack_well():
    network = nn.Linear(100, 100)
    whole = costs.compressed_bytes(network)
    cheaper.mask_weights(network, cheaper.magnitude_masks(network, 0.9))
    assert costs.compressed_bytes(network) < 0.4 * whole


# ---- number formats


def test_half_a_format_gives_nearly_the_same_in_half_the_bytes():
    network, x = small_resnet(), torch.rand(4, 3, 32, 32)
    half = cheaper.in_format(network, torch.bfloat16)
    with torch.no_grad():
        found, wanted = half(x), network(x)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, wanted, atol=0.1, rtol=0.1)
    assert costs.stored_bytes(half) < 0.6 * costs.stored_bytes(network)
    assert next(network.parameters()).dtype == torch.float32, "the network stays as it is"


def test_integers_give_nearly_the_same_in_a_quarter_of_the_bytes():
    network, x = small_resnet(), torch.rand(8, 3, 32, 32)
    engine = torch.backends.quantized.engine
    integers = cheaper.eight_bit(network, [x])
    assert torch.backends.quantized.engine == engine
    with torch.no_grad():
        found, wanted = integers(x), network(x)
    assert float((found - wanted).abs().max()) < 0.1 * float(wanted.abs().max())
    assert not found.equal(wanted)
    assert costs.stored_bytes(integers) < 0.45 * costs.stored_bytes(network)  # and a scale a filter
    assert any(
        value.dtype == torch.qint8
        for value in integers.state_dict().values()
        if isinstance(value, torch.Tensor)
    )


def test_an_enlarging_network_in_integers_adds_to_the_bicubic_picture():
    network, x = small_srresnet(scale=2), torch.rand(2, 3, 12, 12)
    nn.init.zeros_(network.upsample[0][2].weight)  # torch's own integer PReLU then gives zeros
    integers = cheaper.eight_bit(network, [x])
    with torch.no_grad():
        found, wanted = integers(x), network(x)
        rest = network.skip(x)
    assert found.shape == (2, 3, 24, 24)
    both = torch.stack([(found - rest).flatten(), (wanted - rest).flatten()])
    assert float(torch.corrcoef(both)[0, 1]) > 0.98
    with torch.no_grad():
        half = cheaper.in_format(network, torch.bfloat16)(x)
    torch.testing.assert_close(half, wanted, atol=0.02, rtol=0)


def test_what_cannot_be_in_integers_is_said(monkeypatch):
    with pytest.raises(cheaper.NoIntegersError, match="not Linear"):
        cheaper.eight_bit(nn.Linear(2, 2), [torch.rand(1, 2)])
    with pytest.raises(ValueError, match="calibration is empty"):
        cheaper.eight_bit(small_resnet(), [])
    monkeypatch.setitem(__import__("sys").modules, "torch.ao.quantization.quantize_fx", None)
    with pytest.raises(cheaper.NoIntegersError, match="torchao"):
        cheaper.eight_bit(small_resnet(), [torch.rand(1, 3, 32, 32)])


# ---- fewer weights


def test_the_smallest_weights_of_the_whole_network_go():
    network = small_resnet()
    weights = cheaper.pruned_weights(network)
    masks = cheaper.magnitude_masks(network, 0.7)
    sizes = torch.cat([w.detach().abs().flatten() for w in weights.values()])
    stays = torch.cat([m.flatten() for m in masks.values()])
    assert float(stays.double().mean()) == pytest.approx(0.3, abs=1e-3)
    assert sizes[stays].min() > sizes[~stays].max()
    assert {m.shape for m in masks.values()} == {w.shape for w in weights.values()}
    assert all(bool(m.all()) for m in cheaper.magnitude_masks(network, 0).values())
    cheaper.mask_weights(network, masks)
    assert publish_cost.share_of_zeros(network) == pytest.approx(0.7, abs=1e-3)
    with pytest.raises(ValueError, match="from 0 to below 1"):
        cheaper.magnitude_masks(network, 1)


def test_pytorch_prunes_the_same_weights():
    from torch.nn.utils import prune

    network = small_resnet()
    masks = cheaper.magnitude_masks(network, 0.5)
    layers = [(m, "weight") for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    prune.global_unstructured(layers, pruning_method=prune.L1Unstructured, amount=0.5)
    theirs = [m.weight_mask.bool() for m, _ in layers]
    assert sum(int((a != b).sum()) for a, b in zip(theirs, masks.values(), strict=True)) <= 1


@pytest.mark.parametrize(
    "network", [small_resnet(), small_srresnet(), small_srresnet(batch_norm=True)]
)
def test_a_slimmed_network_computes_what_the_network_does_without_those_channels(network):
    slim = cheaper.slimmed(network, 0.5)
    x, silenced = torch.rand(2, 3, 16, 16), copy.deepcopy(network)
    for block in silenced.modules():
        conv, after = None, None
        if isinstance(block, cheaper.DrawingBlock):
            conv, after = block.conv1, block.conv2
        elif isinstance(block, cheaper.PhotoBlock):
            conv, after = block.body[0], block.body[3]
        if conv is not None:
            sizes = conv.weight.abs().sum((1, 2, 3))
            small = sizes.argsort()[: len(sizes) // 2]
            with torch.no_grad():
                after.weight[:, small] = 0
    with torch.no_grad():
        torch.testing.assert_close(slim(x), silenced(x), atol=1e-5, rtol=1e-4)
    assert costs.multiply_adds(slim, x) < costs.multiply_adds(network, x)
    with torch.no_grad():
        assert cheaper.slimmed(network, 1)(x).equal(network(x))


def test_what_cannot_be_slimmed_is_said():
    with pytest.raises(ValueError, match="no residual block"):
        cheaper.slimmed(nn.Linear(2, 2), 0.5)
    with pytest.raises(ValueError, match="above 0"):
        cheaper.slimmed(small_resnet(), 0)


# ---- a pupil


def test_a_pupil_who_answers_as_the_teacher_has_nothing_to_learn_from_the_soft_part():
    teacher, labels = torch.randn(5, 4), torch.tensor([0, 1, 2, 3, 0])
    logits = teacher.clone().requires_grad_()
    cheaper.distillation_loss(logits, teacher, labels, soft=1.0).backward()
    torch.testing.assert_close(logits.grad, torch.zeros(5, 4), atol=1e-6, rtol=0)
    hard = cheaper.distillation_loss(logits, teacher, labels, soft=0.0, label_smoothing=0.0)
    torch.testing.assert_close(hard, F.cross_entropy(logits, labels))


def test_the_gradient_of_the_soft_part_keeps_its_size_with_the_temperature():
    """Hinton et al. (2015), section 2.1: about that of matching logits, for high temperatures."""
    teacher, labels = torch.randn(5, 4), torch.zeros(5, dtype=torch.int64)
    teacher = teacher - teacher.mean(1, keepdim=True)
    logits = torch.zeros(5, 4, requires_grad=True)
    loss = cheaper.distillation_loss(logits, teacher, labels, temperature=1000.0, soft=1.0)
    loss.backward()
    torch.testing.assert_close(logits.grad, -teacher / 4 / 5, atol=1e-3, rtol=1e-2)


def test_smaller_pictures_are_averages():
    images = torch.rand(2, 3, 32, 32)
    half = cheaper.smaller(images, 16)
    assert half.shape == (2, 3, 16, 16) and cheaper.smaller(images, 32) is images
    torch.testing.assert_close(half.mean(), images.mean(), atol=5e-3, rtol=0)
    assert float(half.std()) < float(images.std())


# ---- the course, and a judge


def test_the_costs_of_records_are_added_up_by_their_hardware():
    cpu, gpu = {"hardware": "AMD EPYC, 1 thread"}, {"hardware": "NVIDIA H100 80GB HBM3"}
    total = course_cost([
        {"name": "a", **cpu, "minutes": 9.0, "cpu_minutes": 6.0},
        {"name": "b", **gpu, "minutes": 2.0, "metrics": {"by_seed": [{"minutes": 2.0}, {"minutes": 3.0}]}},
        {"name": "c", **cpu, "minutes": 7.0, "seeds": [0, 1]},
        {"name": "d", **cpu, "minutes": 4.0, "start": {**gpu, "minutes": 1.0, "start": {**cpu, "minutes": 0.5}}},
        {"name": "e", **cpu},
        {"name": "f", "rows": [{"cpu_minutes": 1.5}, {}, {"cpu_seconds": 30}]},
        {"name": "g", **cpu, "minutes": 1.0, "metrics": {"processor_minutes": 2.5}},
        {"name": "h", **cpu, "minutes": 1.0, "start": "a hash"},
    ])  # fmt: skip
    assert total.cpu == pytest.approx(6 + 7 + 4 + 0.5 + 2 + 2.5 + 1)
    assert total.gpu == pytest.approx(5 + 1)
    assert total.without == ["e"] and total.first_only == ["c"] and total.clock == ["d", "h"]


def test_all_published_records_are_looked_at():
    records = published_records()
    total = course_cost(records)
    assert len(total.parts) + len(total.without) == len(records) > 30
    assert total.cpu > 60 and total.gpu > 5 and total.parts["gan_emoji"][0] == "cpu"


def test_a_judge_learns_from_votes_what_its_eyes_can_see():
    panel = cheap_judge.open_panel(known=60, votes=300, pairs=400)
    assert 0.5 < panel.with_oneself < panel.with_taste < 1
    blind = cheap_judge.verdicts(lambda x: torch.rand(len(x), 5), panel)
    seeing = cheap_judge.verdicts(lambda x: F.avg_pool2d(x, 8).flatten(1), panel)
    assert seeing.shape == (400,) and float(seeing.double().mean()) > 0.56
    assert float(seeing.double().mean()) > float(blind.double().mean())


# ---- the record


def test_each_kind_of_training_is_made_and_measured_once(monkeypatch, tmp_path):
    written = {}
    monkeypatch.setattr(publish_cost, "refusal", lambda: None)
    monkeypatch.setattr(
        publish_cost, "write_result", lambda name, record: written.update({name: record})
    )
    chosen = {"zeros 0.2", "slim 0.5", "16 px", "pupil soft"}
    some = [a for a in publish_cost.DRAWINGS if a.name in chosen and a.seed == 0]
    monkeypatch.setattr(publish_cost, "DRAWINGS", some)
    monkeypatch.setattr(publish_cost, "PHOTOGRAPHS", publish_cost.PHOTOGRAPHS[:2])
    few = cheap_judge.open_panel(known=60, votes=40, pairs=50)
    monkeypatch.setattr(publish_cost, "open_panel", lambda **_: few)
    right = torch.arange(1206) % 3 > 0
    monkeypatch.setattr(publish_cost, "right_answers", lambda *_: right)
    assert publish_cost.main(tmp_path) == 0
    monkeypatch.setattr(publish_cost, "learn_drawings", lambda *_: pytest.fail("trained again"))
    assert publish_cost.main(tmp_path) == 0
    record = written["what_it_costs"]
    rows = {row["name"]: row for row in record["rows"]}
    assert set(rows) == chosen and rows["zeros 0.2"]["zeros"] == pytest.approx(0.8, abs=0.01)
    assert rows["slim 0.5"]["multiply_adds"] < 0.6 * record["published"]["multiply_adds"]
    assert rows["16 px"]["multiply_adds"] < 0.26 * record["published"]["multiply_adds"]
    assert "accuracy_at_once" not in rows["pupil soft"]
    small, slim = record["photographs"]
    assert slim["psnr_y_at_once"] < record["published_psnr_y"] and small["psnr_y_at_once"] is None


# ---- exercises


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("rounded", 0, "scale of its own"),
        ("rounded", 1, "cuts off"),
        ("rounded", 2, "127"),
        ("rounded", 3, "absolute"),
        ("rounded", 4, "one byte"),
        ("soft", 0, "square of the temperature"),
        ("soft", 1, "pupil's logits"),
        ("soft", 2, "teacher's logits"),
        ("soft", 3, "argmax"),
        ("front", 0, "other"),
        ("front", 1, "beaten"),
        ("front", 2, "low cost is good"),
        ("front", 3, "equal"),
    ],
)
def test_each_mistake_gets_its_hint(name, number, words):
    assert words in verdict(EXERCISES[name], EXERCISES[name].wrong_examples[number])


def test_the_answers_are_those_of_the_package():
    costly, good = [5, 1, 3, 2, 8], [0.9, 0.2, 0.7, 0.7, 0.85]
    assert sorted(EXERCISES["front"].answer(costly, good)) == sorted(costs.front(costly, good))
    a, b, labels = torch.randn(4, 3), torch.randn(4, 3), torch.zeros(4, dtype=torch.int64)
    theirs = cheaper.distillation_loss(a, b, labels, temperature=3.0, soft=1.0)
    torch.testing.assert_close(EXERCISES["soft"].answer(a, b, 3.0), theirs)
