"""The figures of the load test, and that no kind of client is left out."""

import pytest

from tools.soak.load.cast import KINDS, kind_of
from tools.soak.load.records import BUSY, LOST, RIGHT, WRONG, Answer, Load, failures, fairness, memory_slope, quantiles
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


def test_memory_that_only_grows_at_first_has_no_slope():
    assert memory_slope([(second, min(second, 50)) for second in range(120)]) == pytest.approx(0, abs=1e-9)
    assert memory_slope([(second, second / 2) for second in range(120)]) == pytest.approx(30)


def test_a_row_counts_outcomes_and_every_wrong_or_lost_answer_is_a_failure():
    load = Load(
        answers(RIGHT, WRONG, BUSY, waited=0.5, painted=0.25) + answers(LOST, kind="gRPC", client=1, note="gone"), []
    )
    first, second = rows(load)
    assert first == ["REST (1)", "1", "0", "0", "1", "1", "1.00 / 1.00", "0.50 / 0.50", "0.25 / 0.25", "1.000"]
    assert second[:6] == ["gRPC (1)", "0", "0", "0", "0", "1"]
    assert failures(load) == ["REST, client 0: wrong: ", "gRPC, client 1: lost: gone"]
