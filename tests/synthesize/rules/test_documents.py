"""JSON documents with treatments by path."""

import json
from typing import Any

import numpy as np
import polars as pl

from synth_assets.catalog.model import DataType, Kind
from synth_assets.plan.resolved import DecidedBy, PathDecision, Treatment
from synth_assets.store.folder import Folder
from synth_assets.synthesize.rules.rules import Rules

JSON = DataType(kind=Kind.JSON, native="jsonb")


def document(number: int) -> dict[str, Any]:
    contacts = [{"name": f"Real Friend {number}", "mail": f"friend{number}.{at}@real.test"} for at in range(number % 3)]
    return {
        "first": ["Walpurga", "Ottokar"][number % 2],
        "last": "Realname",
        "email": None if number % 4 == 0 else f"walpurga{number}@real.test",
        "address": {"city": ["Ulm", "Bern"][number % 2], "street": f"Realstreet {number}"},
        "contacts": contacts,
        "codes": [f"C{number:04}"],
        "notes": f"called on day {number}",
        "version": number,
        "phone": 4915112340000 + number,
    }


def of(path: str, treatment: Treatment, **options: Any) -> PathDecision:
    return PathDecision(path=path, treatment=treatment, options=options, decided_by=DecidedBy.PLAN, reason="a test")


PATHS = (
    of("$.first", Treatment.FAKE, kind="first_name", locale="en_US"),
    of("$.last", Treatment.FAKE, kind="last_name", locale="en_US"),
    of("$.email", Treatment.FAKE, kind="email", locale="en_US"),
    of("$.address.city", Treatment.LEARN),
    of("$.address.street", Treatment.FAKE, kind="street_address"),
    of("$.contacts[*].name", Treatment.FAKE, kind="full_name", locale="en_US"),
    of("$.contacts[*].mail", Treatment.FAKE, kind="email", locale="en_US"),
    of("$.codes[*]", Treatment.FAKE, kind="word"),
    of("$.notes", Treatment.NULL),
    of("$.phone", Treatment.FAKE, kind="phone"),
    of("$.no.document[*].has.this", Treatment.FAKE, kind="email"),
    of("$.version", Treatment.CONSTANT, value={"major": 1}),
)


def made(table: Any, *, n: int) -> list[dict[str, Any]]:
    source = [json.dumps(document(number)) for number in range(400)]
    described = table.column("profile", source, type=JSON)
    described.decisions[-1] = described.decisions[-1].model_copy(update={"paths": PATHS})
    values = described.sample(n)["profile"]
    return [json.loads(text) for text in values]


def test_every_path_becomes_what_the_plan_says(table: Any) -> None:
    documents = made(table, n=300)
    assert all(set(one) == set(document(1)) for one in documents)
    assert {one["address"]["city"] for one in documents} == {"Ulm", "Bern"}
    assert all(one["notes"] is None and one["version"] == {"major": 1} for one in documents)
    assert 0.15 < np.mean([one["email"] is None for one in documents]) < 0.35
    assert all(isinstance(one["phone"], int) and one["phone"] > 100 for one in documents)
    text = json.dumps(documents)
    assert not any(word in text for word in ("Walpurga", "Ottokar", "Real", "real.test", "\\u0000"))


def test_name_and_address_of_one_document_agree(table: Any) -> None:
    documents = [one for one in made(table, n=300) if one["email"]]
    assert all(one["last"].lower() in one["email"] and one["first"].lower() in one["email"] for one in documents)


def test_each_element_of_an_array_is_a_person_of_its_own(table: Any) -> None:
    contacts = [contact for one in made(table, n=300) for contact in one["contacts"]]
    assert len(contacts) > 100
    assert len({contact["mail"] for contact in contacts}) > 0.9 * len(contacts)
    assert all(contact["name"].split()[-1].lower() in contact["mail"] for contact in contacts)


def test_documents_of_a_partial_table_are_made_anew_by_path(table: Any) -> None:
    source = [json.dumps(document(number)) for number in range(400)]
    source[7] = None  # type: ignore[call-overload]
    described = table.column("profile", source, type=JSON).column("real", list(range(400)), treatment=Treatment.KEEP)
    described.decisions[0] = described.decisions[0].model_copy(update={"paths": PATHS})
    rows: pl.DataFrame = described.transform()
    assert rows["real"].to_list() == list(range(400))
    assert rows["profile"].is_null().to_list() == [number == 7 for number in range(400)]
    assert not rows["profile"].str.contains("Walpurga|Real").any()


def test_rules_of_paths_are_saved(table: Any, folder: Folder) -> None:
    source = [json.dumps(document(number)) for number in range(100)]
    described = table.column("profile", source, type=JSON)
    described.decisions[0] = described.decisions[0].model_copy(update={"paths": PATHS})
    rules = described.fit()
    rules.save(folder)
    saved, first = (
        one.sample(50, rng=np.random.default_rng(1), nulls={})["profile"].to_list()
        for one in (Rules.load(folder), rules)
    )
    assert saved == first
