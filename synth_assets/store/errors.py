"""What can go wrong with the store of artifacts."""

from synth_assets.errors import SynthAssetsError


class ArtifactDamaged(SynthAssetsError):
    """A stored file is not what was written: truncated, altered, moved or exchanged.

    Attributes:
        path: The file's path inside the store.
    """

    def __init__(self, path: str, what: str) -> None:
        self.path = path
        super().__init__(
            f"The stored file {path!r} is damaged: {what}.",
            untouched="No target was changed.",
            next_step="Remove its folder from the store and run the refresh again.",
        )


class ArtifactMissing(SynthAssetsError):
    """A file that an artifact should hold, or that was asked for, is not in the store.

    Attributes:
        path: The file's path inside the store.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"The store holds no file {path!r}.",
            untouched="No target was changed.",
            next_step="Run the refresh again: it makes what is missing anew.",
        )


class RekeyUnfinished(SynthAssetsError):
    """The store's key is being changed, or that was interrupted."""

    def __init__(self) -> None:
        super().__init__(
            "The store's key is being changed: a part of the store has the new key, a part still the old one.",
            untouched="No target was changed.",
            next_step="Wait for `synth-assets rekey` to end; if it was interrupted, run it again with both keys.",
        )


class StoreKeyMismatch(SynthAssetsError):
    """A stored file was encrypted by another key than the one at hand.

    Attributes:
        path: The file's path inside the store.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"The stored file {path!r} was encrypted by another store key.",
            untouched="No target was changed.",
            next_step=(
                "Set the store's key to the one that wrote it. If the key is being changed, finish that with "
                "`synth-assets rekey`. If the key is lost, remove the store's folder to start anew."
            ),
        )


class IdentityMissing(SynthAssetsError):
    """The store holds artifacts, but not the identity that their signatures and all pseudonyms come from.

    Attributes:
        path: Where it should be, inside the store.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"The store has lost its file {path!r}, which its signatures and all pseudonyms come from.",
            untouched="No target was changed.",
            next_step=(
                "Put that file back from a backup. Without one, remove the store's folder to start anew: pseudonyms "
                "may then change."
            ),
        )


class RekeyRefused(SynthAssetsError):
    """The store's key is not changed."""

    def __init__(self, reason: str, *, next_step: str) -> None:
        super().__init__(
            f"The store's key was not changed: {reason}.", untouched="Nothing was changed.", next_step=next_step
        )


class RekeyStopped(SynthAssetsError):
    """Changing the store's key has met a file that neither key opens as it was written.

    Attributes:
        path: The file's path inside the store.
        renewed: How many artifacts were encrypted anew before that.
    """

    def __init__(self, path: str, what: str, *, renewed: int) -> None:
        self.path = path
        self.renewed = renewed
        super().__init__(
            f"Changing the store's key has stopped. {what}",
            untouched=f"Every artifact is whole under one of the two keys; {renewed} were encrypted anew.",
            next_step=f"Remove the folder of {path!r} from the store, then run `synth-assets rekey` again.",
        )


class StoreKeyRefused(SynthAssetsError):
    """The store's key is too weak, or no key."""


class StoreUnavailable(SynthAssetsError):
    """The store cannot be reached or written.

    Attributes:
        url: Where the store is.
    """

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        super().__init__(
            f"The artifact store at {url} cannot be used: {reason}.",
            untouched="No target was changed.",
            next_step="Check store.url in resources/ and the rights on it.",
        )


class VerdictUnsigned(SynthAssetsError):
    """A verdict that is to be saved does not carry this store's signature."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        super().__init__(
            f"The verdict of dataset {dataset!r} is not signed by this store, so it is not kept.",
            untouched="No target was changed.",
            next_step="Run the validation again.",
        )


class DatasetBusy(SynthAssetsError):
    """Another refresh of the same dataset is at work."""

    def __init__(self, dataset: str, seconds: float) -> None:
        self.dataset = dataset
        waited = f", after {seconds:.0f} s of waiting" if seconds else ""
        super().__init__(
            f"Another refresh of the dataset {dataset!r} is at work{waited}: this one is skipped.",
            untouched="No row was read, and no target was touched.",
            next_step="None, if the other one is meant to be. Otherwise end it, and refresh again.",
        )
