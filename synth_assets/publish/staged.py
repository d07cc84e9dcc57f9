"""What all publishers have in common: tables that are staged first, notes for people, and an end."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import Generic, Protocol, Self, TypeVar


class Staged(Protocol):
    """The new tables of one publication, beside the live ones."""

    def load(self) -> None: ...

    def differences(self) -> Sequence[str]: ...


Stage = TypeVar("Stage", bound=Staged)


class StagedPublisher(ABC, Generic[Stage]):
    """A target that is open for one publication or rollback. See `synth_assets.publish.protocol.Publisher`."""

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self._notes: list[str] = []

    @property
    def notes(self) -> Sequence[str]:
        return tuple(self._notes)

    @property
    def keeps_others_away(self) -> bool:
        """Always, unless a family has no locks."""
        return True

    def warnings(self, tables: Collection[str]) -> Sequence[str]:
        """None, unless a family has some."""
        del tables
        return ()

    def audit(self) -> Sequence[str]:
        return self._prepared().differences()

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _prepared(self) -> Stage:
        if self._stage is None:
            raise RuntimeError("preflight() comes before every step that writes")
        return self._stage
