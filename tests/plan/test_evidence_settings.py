"""What a plan may name for the evidence."""

from collections.abc import Callable

import pytest

from synth_assets.catalog.model import Catalog
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resolve import resolve
from synth_assets.plan.settings import DatasetSettings

Settings = Callable[..., DatasetSettings]


def test_what_is_named_reaches_the_decisions(shop: Catalog, settings_of: Settings) -> None:
    settings = settings_of(
        tables={"customers": {"quasi_identifiers": ["points", "active"], "sensitive": "points"}},
        bias=[{"table": "customers", "sensitive": "active", "outcome": "points"}],
        gate={"privacy": {"identity": 0.2, "near_copies": 0.0}, "bias": {"amplification": 0.1}},
        privacy={"canaries": False},
    )
    plan = resolve(settings, shop)
    customers = plan.table("customers")
    assert (customers.quasi_identifiers, customers.sensitive) == (("points", "active"), ("points",))
    assert [(q.sensitive, q.outcome) for q in plan.bias] == [("active", "points")]
    assert (plan.gate.privacy.identity, plan.gate.bias.amplification, plan.canaries) == (0.2, 0.1, False)
    assert resolve(settings_of(), shop).canaries


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"bias": [{"table": "custmers", "sensitive": "active", "outcome": "points"}]}, "did you mean 'customers'"),
        ({"bias": [{"table": "customers", "sensitive": "actve", "outcome": "points"}]}, "did you mean 'active'"),
        ({"bias": [{"table": "customers", "sensitive": "active", "outcome": "active"}]}, "as group and as outcome"),
        ({"bias": [{"table": "customers", "sensitive": "email", "outcome": "points"}]}, "made anew"),
        ({"tables": {"customers": {"quasi_identifiers": ["id"]}}}, "made anew"),
        ({"tables": {"customers": {"sensitive": ["point"]}}}, "did you mean 'points'"),
        ({"tables": {"orders": {"mode": "empty", "sensitive": ["total"]}}}, "cannot go with the mode empty"),
    ],
)
def test_what_does_not_fit_is_refused(
    shop: Catalog, settings_of: Settings, sections: dict[str, object], told: str
) -> None:
    with pytest.raises(PlanRefused) as refused:
        resolve(settings_of(**sections), shop)
    assert told in str(refused.value)
