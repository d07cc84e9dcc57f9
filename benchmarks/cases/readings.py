"""Invented sequences: what 300 machines report, hour after hour, as PAR and the native engine learn them."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from benchmarks.cases.case import Case, Frames, Places, Relation

MACHINES, START = 300, datetime(2024, 1, 1)  # noqa: DTZ001 (as a database's column without a time zone)
KINDS, STATES = ("press", "pump", "oven"), ("idle", "working", "stopped")
SCHEMA = {
    "tables": {
        "machines": {
            "primary_key": ["id"],
            "columns": {"id": "id", "kind": "categorical", "age": "numerical"},
        },
        "readings": {
            "primary_key": ["id"],
            "columns": {
                "id": "id",
                "machine_id": "id",
                "reported_at": "datetime",
                "state": "categorical",
                "warmth": "numerical",
                "wear": "numerical",
            },
        },
    },
    "foreign_keys": [{"table": "readings", "columns": ["machine_id"], "parent": "machines", "parent_columns": ["id"]}],
}


def readings(places: Places) -> Case:  # noqa: ARG001 (nothing is read)
    """300 machines and some 7,500 readings."""
    before = pl.col("wear").shift(1).over("machine_id", order_by="reported_at")
    relations = (Relation("readings", "wear never falls", pl.col("wear") >= before),)
    return Case(name="readings", frames=rows(MACHINES, seed=1), schema=SCHEMA, relations=relations)


def rows(machines: int, *, seed: int) -> Frames:
    """Each machine keeps its state for a while, grows warm while it works, and wears off."""
    rng = np.random.default_rng(seed)
    kinds, ages = rng.integers(0, 3, machines), rng.integers(0, 20, machines)
    made = []
    for machine in range(machines):
        state, wear = 0, round(float(rng.gamma(2.0, 1.0 + ages[machine])), 1)
        at = START + timedelta(hours=int(rng.integers(0, 2_000)))
        warmth = 20.0
        for _ in range(int(rng.integers(10, 41))):
            at += timedelta(hours=int(rng.choice([1, 1, 1, 2, 12])))
            state = int(rng.choice(3)) if rng.random() < 0.2 else state
            warmth += 0.4 * ((20, 60 + 30 * kinds[machine], 35)[state] - warmth) + rng.normal(0, 2)
            wear = round(wear + (state == 1) * float(rng.gamma(2.0, 0.5)), 1)
            made.append((len(made), machine, at, STATES[state], round(float(warmth), 1), wear))
    columns = tuple(SCHEMA["tables"]["readings"]["columns"])  # type: ignore[index]
    return {
        "machines": pl.DataFrame({"id": range(machines), "kind": [KINDS[kind] for kind in kinds], "age": ages}),
        "readings": pl.DataFrame(made, schema=columns, orient="row"),
    }
