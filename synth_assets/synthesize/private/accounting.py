"""Zero-concentrated differential privacy (rho) and what it amounts to as (epsilon, delta).

Bun and Steinke, "Concentrated differential privacy" (2016): rho adds up over mechanisms, and a query of L2
sensitivity D released with Gaussian noise of standard deviation s costs D^2 / (2 s^2). The conversion is that of
Canonne, Kamath and Steinke, "The discrete Gaussian for differential privacy" (2020), proposition 12, minimised over
alpha.
"""

import math

# The part of delta that is kept for noise which is not drawn quite exactly.
INEXACT = 0.01
_HALVINGS = 60
_MOST_RHO = 1e6


def delta_of(rho: float, epsilon: float) -> float:
    """The least delta for which rho implies (epsilon, delta)."""
    if rho <= 0:
        return 0.0
    # The bound holds at every alpha, so that a search that ends early errs on the safe side.
    low, high = 1.0 + 1e-6, (epsilon + 1) / (2 * rho) + 2
    for _ in range(_HALVINGS):
        alpha = (low + high) / 2
        rising = (2 * alpha - 1) * rho - epsilon + math.log1p(-1 / alpha) > 0
        low, high = (low, alpha) if rising else (alpha, high)
    alpha = (low + high) / 2
    exponent = (alpha - 1) * (alpha * rho - epsilon) + alpha * math.log1p(-1 / alpha) - math.log(alpha - 1)
    return math.exp(min(exponent, 0.0))


def epsilon_of(rho: float, delta: float) -> float:
    """The least epsilon, never too small, for which rho implies (epsilon, delta); infinite for a delta of 0."""
    if rho <= 0:
        return 0.0
    if delta <= 0:
        return math.inf
    low, high = 0.0, rho + 2 * math.sqrt(rho * math.log(1 / delta))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if delta_of(rho, middle) <= delta else (middle, high)
    return high


def rho_for(epsilon: float, delta: float) -> float:
    """The most rho, never too much, that implies (epsilon, delta)."""
    low, high = 0.0, min(epsilon + 1, _MOST_RHO)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if delta_of(middle, epsilon) <= delta else (low, middle)
    return low


def rho_of_promise(epsilon: float, delta: float) -> float:
    """The rho that a promise may cost, the part of delta for inexact noise set aside."""
    return rho_for(epsilon, delta * (1 - INEXACT))


def deviation(rho: float, sensitivity: float) -> float:
    """The standard deviation of the noise by which a query of that L2 sensitivity costs rho."""
    return sensitivity / math.sqrt(2 * rho)
