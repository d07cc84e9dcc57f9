"""Injecting a fault into a publication, and what must hold after each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from synth_assets.catalog.model import Catalog
from synth_assets.failpoints import FAILPOINTS
from synth_assets.publish.publish import history, rollback
from tests.faults import children
from tests.faults.children import Ending, Order
from tests.faults.families import MARIADB, MYSQL, ROWS, Family, live
from tests.faults.summary import PROPERTY
from tests.publish.parts import settings

POINTS = tuple(name for name in FAILPOINTS if name.startswith("publication."))
# Those that are reached again, for one table after the other.
AGAIN = ("publication.stage.rows@3", "publication.stage.table@3", "publication.stage.table@4")


@dataclass(frozen=True)
class Aftermath:
    """What a fault has left.

    Attributes:
        ending: How the publication ended.
        is_new: The new rows were live already before the rerun.
        leftovers: What was beside the tables before the rerun.
    """

    ending: Ending
    is_new: bool
    leftovers: tuple[str, ...]


def places(family: Family) -> tuple[str, ...]:
    """Every place of a publication at which a fault can be injected."""
    # MariaDB moves the tables and the ledger in one statement.
    without = ("publication.swap.moved",) if family in (MARIADB, MYSQL) else ()
    return tuple(name for name in (*POINTS, *AGAIN) if name not in without)


def is_live_at(place: str) -> bool:
    """Whether the new rows are live when a publication comes to this place."""
    return POINTS.index(place.partition("@")[0]) >= POINTS.index("publication.swap.committed")


class Injected:
    """The faults of one test, kept where pytest brings them to whoever prints the table."""

    def __init__(self, properties: list[tuple[str, object]]) -> None:
        self._properties = properties

    def add(self, family: str, fault: str, place: str) -> None:
        self._properties.append((PROPERTY, (family, fault, place)))


class Target:
    """A target with refresh 0 live, into which refreshes are published that alternate between the rows 0 and 1."""

    def __init__(self, family: Family, url: str, catalog: Catalog, *, store: str, injected: Injected) -> None:
        self.family = family
        self.url = url
        self.catalog = catalog
        self._injected = injected
        self._count = 0
        for number in (0, 1):
            children.keep(store, catalog, family.shop.shop_frames(number, rows=ROWS), number)
        self._order = Order(store, catalog, url, number=0, refresh="r0", options={"patience": 60.0, "retry": ()})
        assert children.run(self._order).published
        self._live = self._order

    def next_order(self, **changes: Any) -> Order:
        """The next publication: of the rows that are not live."""
        self._count += 1
        options = self._order.options | changes.pop("options", {})
        number = 1 - self._live.number
        return replace(self._order, number=number, refresh=f"r{self._count}", options=options, **changes)

    def fault(self, kind: str, place: str, inject: Callable[[Order], Ending], **changes: Any) -> Aftermath:
        """Inject one fault into the next publication, and check everything that must hold after it.

        Args:
            inject: Publishes the order, with a fault; how it ended, or None where nobody knows.
        """
        before, order = self._live, self.next_order(**changes)
        ending = inject(order)
        self._injected.add(self.family.name, kind, place)
        where = f"{self.family.name}: {kind} at {place}: {ending}"
        now = self.live_order(before, order, where)
        left = tuple(sorted(self.family.leftovers(self.url)))
        if ending is not None and ending.published:
            assert now is order, where
        # Whatever it left behind, the next one publishes, and nothing is left.
        again = replace(order, fault=None, file_bytes=None, url=self.url)
        rerun = children.run(again)
        assert rerun.published, f"{where}: the rerun: {rerun}"
        assert rerun.already_live == (now is order), where
        assert self.live_order(before, order, where) is order, where
        assert self.newest().previous == before.refresh, where
        self.is_clean(where)
        self._live = order
        return Aftermath(ending, now is order, left)

    def live_order(self, before: Order, order: Order, where: str) -> Order:
        """What is live, whole: either of these two. What readers see is what the ledger says."""
        refresh = self.newest().refresh
        assert refresh in (before.refresh, order.refresh), where
        now = order if refresh == order.refresh else before
        assert live(self.family, self.url) == now.number, where
        return now

    def newest(self) -> Any:
        return history("staging", self.url)[0]

    def is_clean(self, where: str) -> None:
        assert sorted(self.family.leftovers(self.url)) == list(self.family.at_rest), where

    def rolls_back_and_forth(self) -> None:
        """Whether the refresh before is there, whole."""
        before = self.newest()
        for number, refresh in ((1 - self._live.number, before.previous), (self._live.number, before.refresh)):
            given = {"target": "staging", "database": settings(), "url": self.url, "sources": {}, "dataset": "shop"}
            assert rollback(**given).refresh == refresh
            assert live(self.family, self.url) == number
        self.is_clean("rollback")
