"""A small shop to judge: customers, orders of customers; and engines, honest and dishonest."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from benchmarks.memory_rows import MemoryRows
from synth_assets.catalog.model import Catalog, Check, Column, DataType, ForeignKey, Key, Kind, Table
from synth_assets.plan.resolved import (
    ColumnDecision,
    DecidedBy,
    Mode,
    ResolvedPlan,
    Role,
    TableDecision,
    Treatment,
)
from synth_assets.store.verdict import Verdict
from synth_assets.validate.judge import judge

REGIONS = np.array(["north", "south", "east", "west"])


class Notary:
    """Signs as a store does."""

    def sign(self, content: bytes) -> str:
        return f"signed {len(content)}"


def integer(name: str, *, nullable: bool = False) -> Column:
    return Column(name=name, type=DataType(kind=Kind.INTEGER, native="integer", bits=32), nullable=nullable)


def floating(name: str) -> Column:
    return Column(name=name, type=DataType(kind=Kind.FLOAT, native="double precision", bits=64))


def text(name: str, length: int | None = None, *, nullable: bool = False) -> Column:
    return Column(name=name, type=DataType(kind=Kind.TEXT, native="text", length=length), nullable=nullable)


def decide(
    name: str,
    role: Role = Role.VALUE,
    treatment: Treatment = Treatment.LEARN,
    **options: str,
) -> ColumnDecision:
    return ColumnDecision(
        name=name, treatment=treatment, role=role, options=dict(options), decided_by=DecidedBy.CATALOG, reason="test"
    )


CUSTOMERS = Table(
    name="customers",
    columns=(
        integer("id"),
        text("email", 60),
        text("region", 10, nullable=True),
        integer("age"),
        floating("income"),
        floating("spent"),
    ),
    primary_key=Key(columns=("id",)),
    unique_keys=(Key(columns=("email",)),),
    checks=(Check(name="grown_up", expression="age >= 18"),),
)
ORDERS_KEY = ForeignKey(columns=("customer_id",), parent="customers", parent_columns=("id",))
ORDERS = Table(
    name="orders",
    columns=(integer("id"), integer("customer_id"), text("channel", 10), floating("total")),
    primary_key=Key(columns=("id",)),
    foreign_keys=(ORDERS_KEY,),
)
CATALOG = Catalog(dialect="postgresql", tables=(CUSTOMERS, ORDERS))
PLAN = ResolvedPlan(
    dataset="shop",
    tables=(
        TableDecision(
            name="customers",
            mode=Mode.SYNTHETIC,
            columns=(
                decide("id", Role.KEY),
                decide("email", Role.VALUE, Treatment.FAKE, kind="email"),
                decide("region"),
                decide("age"),
                decide("income"),
                decide("spent"),
            ),
        ),
        TableDecision(
            name="orders",
            mode=Mode.SYNTHETIC,
            columns=(decide("id", Role.KEY), decide("customer_id", Role.REFERENCE), decide("channel"), decide("total")),
        ),
    ),
    foreign_keys={"orders": (ORDERS_KEY,)},
)


def make_shop(rows: int, seed: int, *, mail: str) -> dict[str, pl.DataFrame]:
    """A shop drawn from one distribution: two seeds give two honest samples of it."""
    rng = np.random.default_rng(seed)
    region = rng.choice(REGIONS, rows, p=[0.4, 0.3, 0.2, 0.1])
    age = rng.integers(18, 80, rows)
    income = np.round(rng.lognormal(10, 0.4, rows) * (1 + (age - 18) / 60), 2)
    spent = np.round(income * rng.beta(2, 8, rows), 2)
    customers = pl.DataFrame(
        {
            "id": np.arange(1, rows + 1),
            "email": [f"{mail}{i}@example.com" for i in range(rows)],
            "region": np.where(rng.random(rows) < 0.1, None, region).tolist(),
            "age": age,
            "income": income,
            "spent": spent,
        },
        schema_overrides={"region": pl.String},
    )
    children = rng.poisson(1 + 2 * (income > np.median(income)))
    owner = np.repeat(np.arange(rows), children)
    web = rng.random(len(owner)) < np.where(age[owner] < 40, 0.8, 0.2)
    orders = pl.DataFrame(
        {
            "id": np.arange(1, len(owner) + 1),
            "customer_id": owner + 1,
            "channel": np.where(web, "web", "shop"),
            "total": np.round(spent[owner] * rng.uniform(0.05, 0.3, len(owner)), 2),
        }
    )
    return {"customers": customers, "orders": orders}


def source_rows(rows: int = 3000, seed: int = 0, hold_out: float = 0.1) -> dict[str, MemoryRows]:
    """A snapshot whose customers are partly held out, with their orders."""
    shop = make_shop(rows, seed, mail="real.person")
    rng = np.random.default_rng(1000 + seed)
    held = shop["customers"]["id"].is_in(rng.choice(rows, int(rows * hold_out), replace=False) + 1)
    held_orders = shop["orders"]["customer_id"].is_in(shop["customers"]["id"].filter(held).to_list())
    return {
        "customers": MemoryRows(shop["customers"], held, "source-customers"),
        "orders": MemoryRows(shop["orders"], held_orders, "source-orders"),
    }


def synthetic_rows(frames: Mapping[str, pl.DataFrame]) -> dict[str, MemoryRows]:
    return {name: MemoryRows(frame, None, f"synthetic-{name}") for name, frame in frames.items()}


def honest(rows: int = 3000, seed: int = 1) -> dict[str, MemoryRows]:
    """What a perfect engine would give: another sample of the same distribution, with fakes for e-mails."""
    return synthetic_rows(make_shop(rows, 500 + seed, mail="fake"))


def judged(source: Mapping[str, MemoryRows], synthetic: Mapping[str, MemoryRows], **options: object) -> Verdict:
    arguments: dict[str, object] = {
        "dataset": "shop",
        "refresh": "r1",
        "catalog": CATALOG,
        "plan": PLAN,
        "profiles": {},
        "snapshot": source,
        "synthetic": synthetic,
        "expectations": None,
        "store": Notary(),
    }
    return judge(**(arguments | options))  # type: ignore[arg-type]


def failures(verdict: Verdict) -> set[str]:
    return {f"{c.table}.{c.name}" for c in verdict.failures}
