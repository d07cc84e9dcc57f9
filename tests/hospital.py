"""A small hospital of invented patients, some of its tables private, and the project that refreshes it."""

import base64
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from synth_assets.plan.resources import ResourcesSettings
from synth_assets.plan.settings import DatasetSettings
from synth_assets.project import Project
from synth_assets.publish.authorize import authorize

SCHEMA = """
CREATE TABLE wards (code VARCHAR(4) PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE doctors (id INTEGER PRIMARY KEY, grade INTEGER NOT NULL);
CREATE TABLE patients (
  id INTEGER PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE, born DATE NOT NULL,
  sex TEXT NOT NULL CHECK (sex IN ('f', 'm')), smoker BOOLEAN, phone VARCHAR(20)
);
CREATE TABLE visits (
  id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patients (id),
  ward VARCHAR(4) REFERENCES wards (code), doctor_id INTEGER NOT NULL REFERENCES doctors (id),
  at DATETIME NOT NULL, cost NUMERIC(10,2), kind VARCHAR(10) NOT NULL,
  pain SMALLINT CHECK (pain BETWEEN 0 AND 10)
);
CREATE TABLE discharges (
  visit_id INTEGER PRIMARY KEY REFERENCES visits (id), days INTEGER NOT NULL CHECK (days >= 0 AND days < 100)
);
"""


def private(**options: Any) -> dict[str, Any]:
    return {"name": "private", "options": {"epsilon": 2.0, **options}}


PLAN: dict[str, Any] = {
    "dataset": "hospital",
    "source": "production",
    "targets": ["staging"],
    "privacy": {"budget": {"epsilon": 8, "delta": 1e-5}},
    "tables": {
        "wards": {"mode": "reference", "because": "a public list"},
        "patients": {"synthesizer": private(), "columns": {"born": {"bounds": ["1920-01-01", "2019-12-31"]}}},
        "visits": {
            "synthesizer": private(rows_per_entity=3),
            "columns": {
                "at": {"bounds": ["2020-01-01", "2023-12-31T23:59:59"]},
                "cost": {"bounds": [0, 2000]},
                "kind": {"labels": ["planned", "emergency"]},
            },
        },
        "discharges": {"synthesizer": private(rows_per_entity=3)},
    },
}


def build_hospital(path: Path, *, patients: int = 2000, seed: int = 3) -> None:
    """Smokers come as emergencies; one patient has a thousand visits."""
    rng = np.random.default_rng(seed)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO wards VALUES (?, ?)", [("A1", "Heart"), ("B2", "Lung")])
        connection.executemany("INSERT INTO doctors VALUES (?, ?)", [(i, 1 + i % 3) for i in range(1, 31)])
        visits: list[tuple[Any, ...]] = []
        for patient in range(1, patients + 1):
            smoker = bool(rng.random() < 0.3)
            born = f"{1940 + int(rng.integers(60))}-{1 + int(rng.integers(12)):02d}-{1 + int(rng.integers(28)):02d}"
            phone = f"+49 30 {int(rng.integers(10**6, 10**7))}" if rng.random() < 0.5 else None
            row = (patient, f"real.person{patient}@mail.example", born, "fm"[int(rng.integers(2))], smoker, phone)
            connection.execute("INSERT INTO patients VALUES (?, ?, ?, ?, ?, ?)", row)
            for _ in range(1000 if patient == 7 else 1 + int(rng.integers(3))):
                visits.append((len(visits) + 1, patient, *_visit(rng, emergency=rng.random() < (0.1, 0.9)[smoker])))
        connection.executemany("INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?, ?)", visits)
        discharged = [(visit[0], int(rng.integers(1, 15))) for visit in visits if rng.random() < 0.5]
        connection.executemany("INSERT INTO discharges VALUES (?, ?)", discharged)


def _visit(rng: np.random.Generator, *, emergency: bool) -> tuple[Any, ...]:
    return (
        None if rng.random() < 0.25 else ["A1", "B2"][int(rng.integers(2))],
        1 + int(rng.integers(30)),
        f"2021-{1 + int(rng.integers(12)):02d}-{1 + int(rng.integers(28)):02d} 09:{int(rng.integers(60)):02d}:00",
        round(float(rng.gamma(9 if emergency else 2, 50)), 2),
        "emergency" if emergency else "planned",
        int(rng.integers(6, 11) if emergency else rng.integers(0, 4)),
    )


def hospital_project(folder: Path, *, plan: dict[str, Any] | None = None) -> Project:
    """The project of `production.db` and `staging.db` in a folder, its target authorized."""
    resources = ResourcesSettings.model_validate(
        {
            "databases": {
                "production": {"role": "source", "url": f"sqlite:///{folder}/production.db"},
                "staging": {"role": "target", "environment": "staging", "url": f"sqlite:///{folder}/staging.db"},
            },
            "store": {"url": f"file://{folder}/store", "key": base64.b64encode(bytes(range(32))).decode()},
        }
    )
    settings = DatasetSettings.model_validate(plan or PLAN)
    project = Project(root=folder, environment="test", datasets={"hospital": settings}, resources=resources)
    target = resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": project.source("hospital").resolve_url({})})
    return project
