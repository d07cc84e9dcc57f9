"""What SDV's engines accept of a plan."""

import pytest

from synth_assets.catalog.model import Branch, ForeignKey
from synth_assets.plan.resolved import (
    ColumnDecision,
    DecidedBy,
    Mode,
    ResolvedPlan,
    Role,
    TableDecision,
    Treatment,
)
from synth_assets.synthesize.sdv.acceptance import check_engines, learned_as_a_whole
from synth_assets.synthesize.sdv.errors import EngineRefused, OptionRefused


def plan_of(
    keys: dict[str, list[str]], *, synthesizer: str = "hma", options: dict[str, object] | None = None, **modes: Mode
) -> ResolvedPlan:
    """Tables by name with the tables that they refer to; `a+b` is a key of two columns."""
    column = ColumnDecision(
        name="size", treatment=Treatment.LEARN, role=Role.VALUE, decided_by=DecidedBy.CATALOG, reason="A number."
    )
    tables = tuple(
        TableDecision(
            name=name,
            mode=modes.get(name, Mode.SYNTHETIC),
            columns=(column,),
            synthesizer=synthesizer,
            synthesizer_options=options or {},
        )
        for name in keys
    )
    foreign = {
        name: tuple(
            ForeignKey(columns=tuple(f"{c}_id" for c in parent.split("+")), parent=parent[0], parent_columns=("id",))
            for parent in parents
        )
        for name, parents in keys.items()
    }
    return ResolvedPlan(dataset="d", tables=tables, foreign_keys=foreign)


def test_accepted() -> None:
    check_engines(plan_of({"a": [], "b": ["a"], "c": ["a", "d"], "d": []}))
    check_engines(plan_of({"a": []}))
    check_engines(plan_of({"a": [], "b": ["a"]}, synthesizer="trees"))
    check_engines(plan_of({"a": [], "b": ["a"], "c": []}, c=Mode.EMPTY))


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"a": [], "b": ["a"], "c": ["b"]}, "c refers to b, which refers to another table itself"),
        ({"a": [], "b": ["a", "b"]}, "refers to its own table"),
        ({"a": ["b"], "b": ["a"]}, "a, b refer to each other in a circle"),
        ({"a": [], "b": ["a+x"]}, r"b\(a_id, x_id\) is a foreign key of several columns"),
        ({"a": [], "b": ["a"], "c": []}, "c cannot be reached from a"),
        ({"a": [], **{name: ["a"] for name in "bcdef"}}, "there are 6 tables, and HMA takes at most 5"),
    ],
)
def test_datasets_that_hma_refuses(keys: dict[str, list[str]], reason: str) -> None:
    plan = plan_of(keys)
    assert learned_as_a_whole(plan)
    with pytest.raises(EngineRefused, match=reason) as caught:
        check_engines(plan)
    assert caught.value.untouched == "No row was read, and no target was touched."


def test_polymorphic_keys_are_refused_by_hma_and_own_no_sequences() -> None:
    plan = plan_of({"a": [], "b": ["a"]})
    branch = plan.foreign_keys["b"][0].model_copy(update={"branch": Branch(column="type", labels=("A",))})
    with pytest.raises(EngineRefused, match=r"b\(a_id\) is a polymorphic key"):
        check_engines(plan.model_copy(update={"foreign_keys": {"b": (branch,)}}))
    plan = plan_of({"b": ["a"], "a": ["b"]}, synthesizer="par")
    with pytest.raises(EngineRefused, match="b has no foreign key to another table"):
        check_engines(plan.model_copy(update={"foreign_keys": plan.foreign_keys | {"b": (branch,)}}))


def test_all_reasons_are_told_at_once() -> None:
    with pytest.raises(EngineRefused) as caught:
        check_engines(plan_of({"a": [], "b": ["a"], "c": ["c"]}, b=Mode.PARTIAL))
    assert len(caught.value.reasons) == 3


def test_par_needs_a_parent_and_a_synthetic_table() -> None:
    check_engines(plan_of({"a": ["b"], "b": ["a"]}, synthesizer="par"))
    with pytest.raises(EngineRefused, match="a has no foreign key to another table"):
        check_engines(plan_of({"a": ["a"], "b": ["a"]}, synthesizer="par"))
    with pytest.raises(EngineRefused, match="b has the mode partial"):
        check_engines(plan_of({"a": ["b"], "b": ["a"]}, synthesizer="par", b=Mode.PARTIAL))


def test_options_are_checked_for_the_table_that_names_them() -> None:
    with pytest.raises(OptionRefused, match=r"tables\.a\.synthesizer\.options"):
        check_engines(plan_of({"a": []}, synthesizer="ctgan", options={"epochs": "many"}))
    with pytest.raises(OptionRefused, match="names the column 'sise', which is not learned; did you mean 'size'"):
        options: dict[str, object] = {"numerical_distributions": {"sise": "norm"}}
        check_engines(plan_of({"a": []}, synthesizer="gaussian_copula", options=options))
