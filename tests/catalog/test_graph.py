import itertools

from hypothesis import given
from hypothesis import strategies as st

from synth_assets.catalog.graph import TableGraph, components, loading_order
from synth_assets.catalog.model import Catalog, ForeignKey, Table


def keys(*edges: str) -> dict[str, list[ForeignKey]]:
    """Foreign keys from 'child>parent'."""
    made: dict[str, list[ForeignKey]] = {}
    for edge in edges:
        child, parent = edge.split(">")
        made.setdefault(child, []).append(ForeignKey(columns=("x",), parent=parent, parent_columns=("id",)))
    return made


def test_parents_come_first_and_names_decide_the_rest() -> None:
    assert loading_order("dcba", keys("a>d", "b>d")) == ["c", "d", "a", "b"]


def test_a_self_reference_makes_no_cycle() -> None:
    assert components(["staff"], keys("staff>staff")) == [("staff",)]


def test_a_cycle_is_one_group_between_its_parents_and_children() -> None:
    assert components("abcdz", keys("b>c", "c>b", "b>z", "a>c", "d>a")) == [("z",), ("b", "c"), ("a",), ("d",)]


def test_keys_to_tables_left_out_do_not_count() -> None:
    assert components("ab", keys("a>gone", "b>a")) == [("a",), ("b",)]


def test_a_long_chain_needs_no_recursion() -> None:
    names = [f"t{i:05d}" for i in range(5000)]
    chain = keys(*(f"{child}>{parent}" for child, parent in itertools.pairwise(names)))
    assert loading_order(names, chain) == names[::-1]


def test_graph_of_a_catalog() -> None:
    made = keys("orders>customers", "orders>orders")
    catalog = Catalog(
        dialect="sqlite",
        tables=tuple(
            Table(name=name, columns=(), foreign_keys=tuple(made.get(name, ()))) for name in ("customers", "orders")
        ),
    )
    graph = TableGraph.of(catalog)
    assert graph.parents("orders") == ("customers", "orders")
    assert graph.children("customers") == ("orders",)
    assert graph.loading_order() == ["customers", "orders"]
    assert TableGraph.of(catalog, tables=["orders"]).parents("orders") == ("orders",)


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg"))))
def test_groups_are_exactly_the_tables_that_reach_each_other(edges: list[tuple[str, str]]) -> None:
    made = keys(*(f"{child}>{parent}" for child, parent in edges))
    groups = components("abcdefg", made)
    reach = {name: {name} for name in "abcdefg"}
    for _ in range(7):
        for child, parent in edges:
            reach[child] |= reach[parent]
    position = {name: place for place, group in enumerate(groups) for name in group}
    assert sorted(position) == list("abcdefg")
    for left in "abcdefg":
        for right in "abcdefg":
            together = left in reach[right] and right in reach[left]
            assert (position[left] == position[right]) == together
            if right in reach[left] and not together:
                assert position[right] < position[left]
