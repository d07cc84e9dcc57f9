"""How the gate's limits and the figures that are held against them are written, so that they can be told apart."""

from decimal import Decimal

_FEWEST_DECIMALS = 2
_DECIMALS_OF_FIGURES = 3
_MOST_DECIMALS = 12


def limit_text(limit: float) -> str:
    """A limit with all its decimals, two at least: 0.90, 0.999."""
    return f"{limit:.{_decimals(limit)}f}"


def share_text(limit: float) -> str:
    """A limit as a percentage with all its decimals, two at least: 1.00%, 0.005%."""
    return f"{limit:.{max(_FEWEST_DECIMALS, _decimals(limit) - 2)}%}"


def figure_text(value: float, limit: float, *, decimals: int = _DECIMALS_OF_FIGURES) -> str:
    """A figure with so many decimals, or more where it would else look like the limit without being it."""
    for more in range(decimals, _MOST_DECIMALS):
        written = f"{value:.{more}f}"
        if value == limit or float(written) != limit:
            return written
    return repr(value)


def _decimals(number: float) -> int:
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return max(_FEWEST_DECIMALS, -exponent if isinstance(exponent, int) else 0)
