"""Who is stopped early, which setting matters, and whether a difference is real."""

import numpy as np
import pytest
from scipy import stats

from mnistcore.experiments.config import parse_experiment, parse_variation
from mnistcore.experiments.halving import Decision, Member, bracket_size, decide, rungs
from mnistcore.experiments.importance import best_values, importances, kruskal_wallis, makes_a_difference, omega_squared
from mnistcore.experiments.results import summary
from mnistcore.experiments.samplers import Tried, next_combination
from mnistcore.experiments.significance import compare_on_same_images, mean_difference, same_images_words, seeds_needed

NINTH, THIRD = 1 / 9, 1 / 3
RATES = {"learning_rate": parse_variation("log:1e-4:1e-1")}


def experiment(**values):
    return parse_experiment({"vary": RATES, "runs": 9, "sampler": "random", "stop_early": True} | values)


def paused(number: int, accuracy: float, share: float = NINTH, repeat: int = 0) -> Member:
    return Member(f"run-{number}-{repeat}", number, repeat, {}, "paused", share, accuracy, at_shares={share: accuracy})


def test_the_better_third_goes_on_when_all_have_come_so_far():
    config = experiment()
    assert rungs(config) == (NINTH, THIRD, None)
    members = [paused(number, 0.5 + number / 100) for number in range(9)]
    running = Member("late", 8, 0, {}, "running", NINTH)
    assert decide(config, [*members[:8], running]) == Decision()
    assert decide(config, members[:8]) == Decision()  # one has not even been made
    decision = decide(config, members)
    assert decision.go_on == dict.fromkeys(("run-6-0", "run-7-0", "run-8-0"), THIRD)
    assert decision.stopped == {f"run-{number}-0" for number in range(6)}


def test_what_was_decided_stays_decided_whatever_comes_later():
    losers = [paused(number, 0.5) for number in range(6)]
    winners = [
        Member(f"run-{number}-0", number, 0, {}, "running", THIRD, 0.99, at_shares={NINTH: 0.7}) for number in (6, 7)
    ]
    diverged = Member("run-8-0", 8, 0, {}, "diverged", THIRD, at_shares={NINTH: 0.8})
    assert decide(experiment(), [*losers, *winners, diverged]).go_on == {}
    at_third = [paused(number, accuracy, THIRD) for number, accuracy in ((6, 0.9), (7, 0.8))]
    for member in at_third:
        member.at_shares[NINTH] = 0.7  # type: ignore[index]
    assert decide(experiment(), [*losers, *at_third, diverged]).go_on == {"run-6-0": None}


def test_seeds_count_together_and_what_diverged_comes_last():
    config = experiment(runs=6, seeds=2)
    assert rungs(config) == (THIRD, None)
    first = [paused(0, 0.9, THIRD), Member("lost", 0, 1, {}, "diverged", THIRD)]
    others = [paused(number, accuracy, THIRD, repeat) for number, accuracy in ((1, 0.5), (2, 0.6)) for repeat in (0, 1)]
    assert decide(config, [*first, *others]).go_on == {"run-2-0": None, "run-2-1": None}


@pytest.mark.parametrize(
    ("values", "size"),
    [({}, 9), ({"runs": 27}, 27), ({"runs": 27, "sampler": "tpe"}, 9), ({"runs": None, "minutes": 5}, 9)],
)
def test_how_many_are_compared_with_one_another(values, size):
    assert bracket_size(experiment(**values)) == size


def tried_by_rule(count: int, rule, noise: float = 0.001):
    vary = RATES | {"units": parse_variation("16,32,64"), "activation": parse_variation("relu,tanh")}
    config = experiment(vary=vary, runs=count)
    rng = np.random.default_rng(1)
    combinations = [next_combination(config, number) for number in range(count)]
    return config, [Tried(each, rule(each) + float(rng.normal(0, noise)), True) for each in combinations]


def test_a_difference_that_shows_but_is_small_does_not_matter_much():
    vary = {"learning_rate": parse_variation("0.001,0.01"), "batch_size": parse_variation("16,64")}
    config = experiment(vary=vary, runs=800, stop_early=False)
    rng = np.random.default_rng(0)
    members = []
    for number in range(800):
        values = {"learning_rate": (0.001, 0.01)[number % 2], "batch_size": (16, 64)[number // 2 % 2]}
        accuracy = float(rng.normal(0.9 + 0.001 * (number % 2), 0.005))
        members.append(Member(f"run-{number}", number, 0, values, "finished", None, accuracy))
    words = summary(config, members)
    assert words == (
        "No setting matters much: of the differences between these 800 runs, the learning rate explains 2 %."
    )


def test_the_setting_that_matters_is_named_and_the_one_that_does_not_is_not():
    def rule(values):
        return 0.97 - 0.02 * (np.log10(values["learning_rate"]) + 2.5) ** 2 - 0.005 * (values["units"] == 16)

    config, tried = tried_by_rule(60, rule)
    found = importances(config, tried)
    assert found is not None
    assert next(iter(found)) == "learning_rate"
    assert found["learning_rate"] > 0.6
    assert found["activation"] < 0.1
    better = importances(config, tried, better_half=True)
    assert better is not None
    assert better["units"] > found["units"]
    assert makes_a_difference(config, "learning_rate", tried) < 0.001
    assert makes_a_difference(config, "activation", tried) > 0.05
    assert all(0.001 < rate < 0.01 for rate in best_values("learning_rate", tried))


def test_too_few_runs_have_no_importances_and_equal_ones_none_either():
    config, tried = tried_by_rule(11, lambda values: 0.9)
    assert importances(config, tried) is None
    config, tried = tried_by_rule(12, lambda values: 0.9, noise=0.0)
    assert importances(config, tried) == {"learning_rate": 0.0, "units": 0.0, "activation": 0.0}
    assert makes_a_difference(config, "units", tried) == 1.0


def test_the_test_of_ranks_is_scipys_ties_included():
    rng = np.random.default_rng(4)
    for _ in range(20):
        groups = [list(np.round(rng.normal(0, 1, int(rng.integers(2, 9))), 1)) for _ in range(int(rng.integers(2, 5)))]
        assert kruskal_wallis(groups) == pytest.approx(stats.kruskal(*groups).pvalue)
    assert kruskal_wallis([[1.0, 1.0], [1.0]]) == 1.0
    assert kruskal_wallis([]) == 1.0


def test_omega_squared_by_hand_and_of_chance():
    # Means 2 and 5, within each 2: SS between 13.5, within 4, MS within 1: (13.5 - 1) / (17.5 + 1).
    assert omega_squared([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]) == pytest.approx(12.5 / 18.5)
    rng = np.random.default_rng(5)
    by_chance = [omega_squared(rng.normal(0, 1, (3, 10)).tolist()) for _ in range(200)]
    assert np.mean(by_chance) < 0.05
    assert omega_squared([[1.0, 2.0]]) == omega_squared([[1.0], [2.0]]) == 0.0


def test_chance_is_found_in_one_case_of_twenty():
    found = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        config = experiment(vary={"activation": parse_variation("relu,tanh")}, runs=20)
        tried = [Tried({"activation": ("relu", "tanh")[i % 2]}, float(rng.normal(0.9, 0.01)), True) for i in range(20)]
        found += makes_a_difference(config, "activation", tried) < 0.05
    assert 1 <= found <= 11


def test_a_mean_difference_is_that_of_scipys_paired_t_test():
    rng = np.random.default_rng(2)
    first = rng.normal(0.97, 0.002, 7)
    second = first + rng.normal(0.001, 0.001, 7)
    found = mean_difference(first, second)
    oracle = stats.ttest_rel(second, first).confidence_interval(0.95)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))
    assert found.is_shown == (oracle.low > 0 or oracle.high < 0)
    assert mean_difference([0.9], [0.95]) is None


def test_so_many_seeds_show_the_difference_as_often_as_promised():
    count = seeds_needed(0.002, 0.002)
    rng = np.random.default_rng(3)
    differences = rng.normal(0.002, 0.002, (4000, count))
    shown = stats.ttest_1samp(differences, 0, axis=1).pvalue < 0.05
    assert 0.8 <= shown.mean() < 0.9
    fewer = stats.ttest_1samp(differences[:, :-1], 0, axis=1).pvalue < 0.05
    assert fewer.mean() < 0.8
    assert seeds_needed(0.0, 0.002) == 2


def test_two_networks_on_the_same_images():
    first = np.array([1] * 10 + [0] * 2 + [1] * 80 + [0] * 8, bool)
    second = np.array([0] * 10 + [1] * 2 + [1] * 80 + [0] * 8, bool)
    found = compare_on_same_images(first, second)
    assert (found.only_first, found.only_second, found.both, found.neither) == (10, 2, 80, 8)
    # Both tails of 12 throws of a coin: 2 (1 + 12 + 66) / 4096.
    assert found.p_value == pytest.approx(158 / 4096)
    assert compare_on_same_images(first, first).p_value == 1.0


def test_the_same_images_in_words():
    first, second = np.ones(200, bool), np.ones(200, bool)
    second[:3], first[3:5] = False, False
    assert same_images_words(compare_on_same_images(first, second)) == (
        "Of 200 test images both read 195 and neither 0; 3 only the first reads, 2 only the second. "
        "Chance alone would divide 5 images so unevenly in 100 % of all cases: no difference shown."
    )
    second[:20] = False
    assert same_images_words(compare_on_same_images(first, second)).endswith(
        "(p < 0.001): the first network is better."
    )
