"""What `synth-assets plan` says of references."""

from synth_assets.catalog.model import Branch, ForeignKey
from synth_assets.cli.plan import column_reason
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Role, Treatment


def test_a_reference_says_where_it_leads() -> None:
    column = ColumnDecision(
        name="about",
        treatment=Treatment.LEARN,
        role=Role.REFERENCE,
        decided_by=DecidedBy.CATALOG,
        reason="A reference.",
    )
    undeclared = ForeignKey(columns=("user", "about"), parent="posts", parent_columns=("user", "number"))
    assert column_reason(column, [undeclared]) == "→ posts.number  A reference."
    branches = [
        ForeignKey(columns=("about",), parent=p, parent_columns=("id",), branch=Branch(column="type", labels=labels))
        for p, labels in (("posts", ("Post", "Article")), ("photos", ("Photo",)))
    ]
    assert column_reason(column, branches) == "→ posts.id (Post, Article), photos.id (Photo)  A reference."
