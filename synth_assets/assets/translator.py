"""What people may change of the assets: keys, groups, owners, tags, kinds."""

from dataclasses import dataclass

import dagster as dg


@dataclass(frozen=True)
class StageAsset:
    """One asset, as a translator is told of it.

    Attributes:
        dataset: Its dataset.
        stage: `source`, `snapshot`, `profile`, `synthesizer`, `synthetic` or `verdict`; of a published table the
            target's name.
        table: Its table as the source calls it; None for the verdict, which is of the whole dataset.
        spec: Its key, group and tags. Description, metadata, kinds and what it depends on are added afterwards;
            where the translator sets the first three, they stay.
    """

    dataset: str
    stage: str
    table: str | None
    spec: dg.AssetSpec


class SyntheticDatabaseTranslator:
    """Subclass it to have other keys, groups, owners, tags or kinds.

    ```python
    class OursTranslator(SyntheticDatabaseTranslator):
        def get_asset_spec(self, data: StageAsset) -> dg.AssetSpec:
            return data.spec.replace_attributes(key=data.spec.key.with_prefix("synthetic"), owners=["team:data"])
    ```
    """

    def get_asset_spec(self, data: StageAsset) -> dg.AssetSpec:
        """What an asset is. Called once for each, when the definitions load."""
        return data.spec
