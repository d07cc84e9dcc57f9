from synth_assets.cli.plan import personal_paths
from synth_assets.plan.evidence import ColumnEvidence, PathEvidence


def test_paths_of_documents_are_shown_with_kind_reason_and_confidence() -> None:
    path = PathEvidence(
        path="$.customer.mail", personal="email", confidence=0.994, reason="its values look like an e-mail address"
    )
    (row,) = personal_paths(ColumnEvidence(paths=(path,)))
    assert [text.plain.strip() for text in row] == [
        "$.customer.mail",
        "json",
        "seems email",
        "Its values look like an e-mail address (99% sure).",
    ]


def test_a_column_of_which_nothing_is_known_shows_none() -> None:
    assert personal_paths(None) == []
    assert personal_paths(ColumnEvidence()) == []
