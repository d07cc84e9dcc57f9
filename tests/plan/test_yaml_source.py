from pathlib import Path

import pytest
from pydantic import BaseModel

from synth_assets.plan.settings import DatasetSettings
from synth_assets.plan.yaml_source import SettingsInvalid, read_settings, read_yaml


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def said_of(tmp_path: Path, text: str) -> list[str]:
    """What is said of a plan, a line each."""
    with pytest.raises(SettingsInvalid) as refused:
        read_settings(read_yaml(write(tmp_path, text), file="plans/shop.yaml"), DatasetSettings)
    return [str(problem) for problem in refused.value.problems]


def test_unknown_key_names_file_line_and_nearest_key(tmp_path: Path) -> None:
    said = said_of(tmp_path, 'dataset: shop\nsource: production\ntargets: [dev]\n\nshcedule: "0 3 * * *"\n')
    assert said == ["plans/shop.yaml, line 5: unknown key 'shcedule'; did you mean 'schedule'?"]


def test_all_problems_of_a_file_are_told_at_once_in_order(tmp_path: Path) -> None:
    said = said_of(
        tmp_path,
        "dataset: Shop\n"
        "source: 5\n"
        "targets: [dev]\n"
        "seed: many\n"
        "on_new_column: hodl\n"
        "tables:\n"
        "  customers:\n"
        "    mode: synthetc\n"
        "    columns:\n"
        "      email: {fake: {knd: email}}\n"
        "      name: lern\n"
        "      phone: {fake: phone, mask: true}\n"
        "      note: {mask: {with: '**'}}\n"
        "  orders: 7\n"
        "gate: {fidelity: {shap: 0.9}, privacy: {copies: 2}}\n",
    )
    assert said == [
        "plans/shop.yaml, line 1: the dataset 'Shop' must be small letters, digits and underscores, a letter first",
        "plans/shop.yaml, line 2: `source` must be text, not a number",
        "plans/shop.yaml, line 4: `seed` must be a whole number, not text",
        "plans/shop.yaml, line 5: unknown on_new_column 'hodl'; did you mean 'hold'?",
        "plans/shop.yaml, line 8: unknown mode 'synthetc'; did you mean 'synthetic'?",
        "plans/shop.yaml, line 10: unknown key 'knd'; did you mean 'kind'?",
        "plans/shop.yaml, line 11: unknown treatment 'lern'; did you mean 'learn'?",
        "plans/shop.yaml, line 12: fake and mask cannot both be the treatment of one column; leave one",
        "plans/shop.yaml, line 13: `mask.with` must be text, its characters at most 1",
        "plans/shop.yaml, line 14: `tables.orders` must be a mapping (key: value), not a number",
        "plans/shop.yaml, line 15: unknown key 'shap'; did you mean 'shape'?",
        "plans/shop.yaml, line 15: `privacy.copies` must be at most 1",
    ]


def test_missing_key_and_key_without_a_near_one(tmp_path: Path) -> None:
    said = said_of(tmp_path, "dataset: shop\ntargets: [dev]\nprivacy: {xyz: 1}\n")
    assert said[0].endswith("line 1: the key 'source' is missing")
    assert said[1].endswith("line 3: unknown key 'xyz'; known: min_group, hold_out, canaries, budget")


def test_duplicate_key_names_both_lines(tmp_path: Path) -> None:
    said = said_of(
        tmp_path, "dataset: shop\nsource: a\ntargets: [dev]\ntables:\n  a: {}\n  b: {}\n  a: {mode: empty}\n"
    )
    assert said == ["plans/shop.yaml, line 7: the key 'a' is there already, on line 5; leave one of them"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dataset: [shop\nsource: x\n", "line 2: is not YAML"),
        ("dataset: shop\n---\ndataset: other\n", "is not YAML"),
        ("- dataset\n", "must be a mapping"),
        ("? [a, b]\n: c\n", "a key must be one word or text"),
        ("a: &a {b: *a}\n", "an alias refers to what it stands in"),
        ("dataset: \x07\n", "is not YAML: it holds characters that YAML does not allow"),
    ],
)
def test_what_is_no_mapping_of_settings(tmp_path: Path, text: str, words: str) -> None:
    assert words in "\n".join(said_of(tmp_path, text))


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"plans/gone\.yaml: cannot be read \(No such file or directory\)"):
        read_yaml(tmp_path / "gone.yaml", file="plans/gone.yaml")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("dataset: caf\xe9".encode("latin-1"))
    with pytest.raises(SettingsInvalid, match="it is not UTF-8 text"):
        read_yaml(latin)


def test_keys_are_their_text_and_scalars_follow_yaml_1_2(tmp_path: Path) -> None:
    document = read_yaml(
        write(
            tmp_path,
            "on: no\nnull: ~\n2B: 010\ntrue: True\ndate: 2024-01-31\ntime: 12:30\nnumber: 1e3\nquoted: '5'\nempty:\n"
            "base: &base [1, -2.5]\nagain: *base\n",
        )
    )
    assert document.value == {
        "on": "no",
        "null": None,
        "2B": 10,
        "true": True,
        "date": "2024-01-31",
        "time": "12:30",
        "number": 1000.0,
        "quoted": "5",
        "empty": None,
        "base": [1, -2.5],
        "again": [1, -2.5],
    }
    assert document.line(("2B",)) == 3
    assert document.line(("base", 7, "deeper")) == 10


def test_a_pasted_secret_is_not_repeated(tmp_path: Path) -> None:
    class Named(BaseModel):
        env: dict[str, int]

    with pytest.raises(SettingsInvalid) as refused:
        read_settings(read_yaml(write(tmp_path, "env: {NAME: hunter2}\n")), Named)
    assert "hunter2" not in str(refused.value)


def test_empty_file_lacks_its_required_keys(tmp_path: Path) -> None:
    assert [line.split(": ", 1)[1] for line in said_of(tmp_path, "# nothing yet\n")] == [
        "the key 'dataset' is missing",
        "the key 'source' is missing",
        "the key 'targets' is missing",
    ]
