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
            next_step="Set the store's key to the one that wrote it, or remove the store's folder to start anew.",
        )


class StoreKeyRefused(SynthAssetsError):
    """The store's key is missing or too weak."""


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
