"""What a folder keeps of rules as JSON."""

from pydantic import Field

from synth_assets.catalog.model import Table, Value
from synth_assets.plan.resolved import ColumnDecision
from synth_assets.synthesize.rules.blanks import Blanks
from synth_assets.synthesize.rules.followed import Followed
from synth_assets.synthesize.rules.models import ValueModel
from synth_assets.synthesize.rules.row_locales import RowLocales
from synth_assets.synthesize.rules.texts import TextModel


class SavedRules(Value):
    """The rules of one table but for what is saved as frames.

    Attributes:
        alphabets: What suffixes of texts are written in.
        forms: Formats of the dates and times that stand as text.
        code_lengths: Characters of names that the source writes as codes.
        seen: Columns, and pairs of columns, in the order of their hashes.
        key: The rules' own key, in hex.
        of_paths: Columns of JSON documents, and the owner of paths in them whose values are invented; their rules
            are saved beside, in this order.
        houses: What house numbers look like in columns of addresses.
        row_locales: Which locale the fakes of a row have.
        followed: Parts of texts that are what other columns say.
        blanks: Which columns of fakes are blank rather than null, and how often.
    """

    table: Table
    decisions: tuple[ColumnDecision, ...]
    models: dict[str, ValueModel]
    alphabets: dict[str, str]
    forms: dict[str, str]
    code_lengths: dict[str, int]
    seen: tuple[str, ...]
    key: str
    of_paths: tuple[tuple[str, str], ...] = ()
    houses: dict[str, TextModel] = Field(default_factory=dict)
    row_locales: RowLocales | None = None
    followed: dict[str, tuple[Followed, ...]] = Field(default_factory=dict)
    blanks: tuple[Blanks, ...] = ()
