"""The figures of the load test, and that no kind of client is left out."""

import pytest

from tools.soak.load.cast import KINDS, kind_of
from tools.soak.load.memory import memory_failures, memory_grows, memory_sentence, memory_thirds
from tools.soak.load.records import BUSY, LOST, RIGHT, WRONG, Answer, Load, failures, fairness, quantiles
from tools.soak.load.records import rows_by_kind as rows


def answers(*outcomes, kind="REST", client=0, **fields):
    return [Answer(kind=kind, client=client, outcome=each, seconds=1.0, **fields) for each in outcomes]


def test_sixteen_clients_are_of_all_kinds():
    assert {kind_of(client)[0] for client in range(16)} == set(KINDS)
    assert sum(share for _, share in KINDS.values()) == 16


def test_fairness_is_jains_index_and_counts_clients_that_got_nothing():
    two = answers(RIGHT, RIGHT) + answers(RIGHT, RIGHT, client=1)
    assert fairness(two) == "1.000"
    assert fairness(two + answers(BUSY, client=2)) == "0.667"
    assert fairness(answers(RIGHT) + answers(BUSY, client=1)) == "0.500"


def test_quantiles_are_median_and_95th_percentile():
    assert quantiles(range(101)) == "50.00 / 95.00"
    assert quantiles([]) == ""


def test_memory_that_only_grows_at_first_is_flat():
    warming = [(second, 1000 + 5.0 * min(second, 100)) for second in range(400)]
    assert memory_thirds(warming)[1:] == (1500, 1500)
    assert not memory_grows(warming) and memory_failures("server", warming) == []
    assert "flat to 2%" in memory_sentence(warming)


def test_a_leak_is_a_failure_of_a_run_that_is_long_enough():
    leak = [(second, 1000 + second / 4) for second in range(600)]
    assert memory_grows(leak)
    assert [each.split(":")[0] for each in memory_failures("server", leak)] == ["server"]
    assert memory_failures("server", leak[:200]) == []


def test_samples_are_sorted_into_thirds_by_time_not_by_number():
    assert memory_thirds([(0, 1), (1, 1), (2, 1), (15, 2), (30, 3)]) == (1, 2, 3)
    with pytest.raises(ValueError, match="Three samples"):
        memory_thirds([(0, 1), (1, 1)])


def test_a_row_counts_outcomes_and_every_wrong_or_lost_answer_is_a_failure():
    load = Load(
        answers(RIGHT, WRONG, BUSY, waited=0.5, painted=0.25) + answers(LOST, kind="gRPC", client=1, note="gone"), []
    )
    first, second = rows(load)
    assert first == ["REST (1)", "1", "0", "0", "1", "1", "1.00 / 1.00", "0.50 / 0.50", "0.25 / 0.25", "1.000"]
    assert second[:6] == ["gRPC (1)", "0", "0", "0", "0", "1"]
    assert failures(load) == ["REST, client 0: wrong: ", "gRPC, client 1: lost: gone"]
