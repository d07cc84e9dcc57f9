"""The accounting against OpenDP's, and against what Gaussian noise is known to give away."""

import math

import opendp.prelude as dp
import pytest
from scipy.stats import norm

from synth_assets.synthesize.private.accounting import delta_of, deviation, epsilon_of, rho_for, rho_of_promise

dp.enable_features("contrib")


@pytest.mark.parametrize("rho", [0.001, 0.05, 0.5, 3.0])
@pytest.mark.parametrize("delta", [1e-9, 1e-6, 1e-3])
def test_epsilon_is_that_of_a_reference_library(rho: float, delta: float) -> None:
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l2_distance(T=int)
    gaussian = dp.m.make_gaussian(*space, scale=deviation(rho, 1.0))
    assert gaussian.map(1) == pytest.approx(rho)
    reference = dp.c.make_zCDP_to_approxDP(gaussian).map(1).epsilon(delta)

    # Both are upper bounds of the same minimum; neither may be below the other by more than its search misses.
    assert epsilon_of(rho, delta) == pytest.approx(reference, rel=0.01)


@pytest.mark.parametrize("rho", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("epsilon", [0.5, 2.0, 6.0])
def test_the_bound_is_never_below_what_gaussian_noise_gives_away(rho: float, epsilon: float) -> None:
    # Balle and Wang, "Improving the Gaussian mechanism" (2018), theorem 8: the exact delta at sensitivity 1.
    scale = deviation(rho, 1.0)
    exact = norm.cdf(0.5 / scale - epsilon * scale) - math.exp(epsilon) * norm.cdf(-0.5 / scale - epsilon * scale)

    assert delta_of(rho, epsilon) >= exact


def test_what_a_promise_may_cost_never_exceeds_it() -> None:
    for epsilon in (0.1, 1.0, 2.0, 10.0):
        for delta in (1e-8, 1e-6, 1e-3):
            rho = rho_for(epsilon, delta)
            assert delta_of(rho, epsilon) <= delta
            assert epsilon_of(rho, delta) == pytest.approx(epsilon, rel=1e-6)
            assert rho_of_promise(epsilon, delta) < rho
    # The known bound rho + 2 sqrt(rho log(1 / delta)) = epsilon is looser: it would allow less.
    loose = (math.sqrt(math.log(1e6) + 2.0) - math.sqrt(math.log(1e6))) ** 2
    assert rho_for(2.0, 1e-6) > 1.2 * loose


def test_nothing_costs_nothing_and_no_delta_buys_nothing() -> None:
    assert epsilon_of(0.0, 1e-6) == 0.0
    assert delta_of(0.0, 1.0) == 0.0
    assert epsilon_of(0.1, 0.0) == math.inf


def test_costs_add_up() -> None:
    once = rho_for(1.0, 1e-6)
    assert epsilon_of(2 * once, 1e-6) < 2.0
    assert epsilon_of(2 * once, 1e-6) > 1.0
