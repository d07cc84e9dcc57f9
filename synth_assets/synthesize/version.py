"""The version of saved models: a release reads those of its own version and of all before it."""

from collections.abc import Mapping

from synth_assets.errors import SynthAssetsError

VERSION = 4


class ModelVersionUnknown(SynthAssetsError):
    """A saved model has a version that this release does not know."""

    def __init__(self, version: object) -> None:
        super().__init__(
            f"The saved model has version {version}; this release of synth-assets reads versions up to {VERSION}. "
            "Nothing was generated.",
            next_step="Refresh with the release that made the model, or learn the table again with this one.",
        )


def check_version(stored: Mapping[str, object]) -> None:
    """That a saved model is of a version known here; earlier ones are.

    Raises:
        ModelVersionUnknown: it is not.
    """
    version = stored.get("version")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise ModelVersionUnknown(version)
