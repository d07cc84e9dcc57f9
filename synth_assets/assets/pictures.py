"""Pictures in an asset's metadata: drawn of groups of rows, never of single ones."""

import base64
import re
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from synth_assets.report.charts import Picture
    from synth_assets.store.comparison import Comparison
    from synth_assets.store.verdict import Verdict

# What a group of pictures is followed by.
_SAID = {
    "distributions": "The least alike of the learned columns. Blue: source; orange: synthetic.",
    "pairs": "The darker, the stronger two columns go together (Cramér's V). Both should look alike.",
    "children": "How many rows refer to a row. Blue: source; orange: synthetic.",
}
_MARKUP = re.compile(r"[\[\]\\<>\"`*_|!]")


def pictures(comparison: "Comparison", verdict: "Verdict", table: str) -> dict[str, dg.MarkdownMetadataValue]:
    """Distributions, pairs and numbers of children of both sides, as Markdown with the pictures in it."""
    from synth_assets.report.inline import inline_pictures
    from synth_assets.report.tables import similarities

    compared = comparison.table(table)
    found: dict[str, list[str]] = {}
    for one in inline_pictures(compared, similarities(verdict, table)) if compared else ():
        found.setdefault(one.group, []).append(f"`{one.name.replace('`', ' ')}`\n\n{_image(one.picture)}")
    return {group: dg.MetadataValue.md("\n\n".join([_SAID[group], *lines])) for group, lines in found.items()}


def _image(picture: "Picture") -> str:
    # White in the dark theme, too: what is written on it is dark.
    svg = picture.svg.replace("<svg ", '<svg style="background:#fff" ', 1)
    content = base64.b64encode(svg.encode()).decode()
    return f"![{_MARKUP.sub(' ', picture.words)}](data:image/svg+xml;base64,{content})"
