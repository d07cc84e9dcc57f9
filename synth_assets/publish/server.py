"""What publishers into a database server have in common: locks, leftovers, and what became of a lost answer."""

import time
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from synth_assets.catalog.errors import DatabaseError
from synth_assets.publish.errors import DatabaseFailed, OutcomeUnknown, PublishError, TargetBusy
from synth_assets.publish.ledger import LedgerEntry, live_entries
from synth_assets.publish.naming import leftover_key, lock_key
from synth_assets.publish.staged import Stage, StagedPublisher

SETTLE_SECONDS = 30.0


class ServerConnection(Protocol):
    """One connection to a target."""

    @property
    def is_lost(self) -> bool: ...

    def close(self) -> None: ...


Connection = TypeVar("Connection", bound=ServerConnection)


class ServerPublisher(StagedPublisher[Stage], Generic[Connection, Stage]):
    """A target on a server, whose tables stand in namespaces (schemas or databases) that can be locked by a number.

    Attributes:
        kind_of_namespace: What people call one.
    """

    kind_of_namespace = "schema"

    def __init__(self, connection: Connection, namespace: str) -> None:
        super().__init__()
        self._connection = connection
        self._namespace = namespace
        self._key: int | None = None

    def lock(self, dataset: str, *, patience: float) -> None:
        key = lock_key(dataset, self._namespace)
        began = time.monotonic()
        while not self._try_lock(key):
            if time.monotonic() - began > patience:
                raise TargetBusy(self._namespace, "another publication of this dataset", patience)
            time.sleep(min(0.5, patience / 10))
        self._key = key

    def clean(self) -> Sequence[str]:
        removed = []
        for namespace in self._namespaces():
            key = leftover_key(namespace)
            if key is None or (key != self._key and not self._try_lock(key)):
                continue
            try:
                self._drop(namespace)
                removed.append(namespace)
            except DatabaseFailed as failure:
                if self._connection.is_lost:
                    raise
                self._notes.append(
                    f"The leftover {self.kind_of_namespace} {namespace} could not be removed: {failure.meaning}."
                )
            finally:
                if key != self._key and not self._connection.is_lost:
                    self._unlock(key)
        return removed

    def close(self) -> None:
        self._connection.close()

    def _came_through(self, entry: LedgerEntry, target: str) -> bool:
        """Whether a change whose answer was lost took place: the ledger knows, once the lost session is over."""
        key = self._locked_key()
        began = time.monotonic()
        while True:
            self._connection.close()
            try:
                self._connection = self._connect()
                if self._try_lock(key):
                    return any(known.publication == entry.publication for known in self._ledger(step="swap"))
            except (DatabaseError, PublishError):
                # Not back yet: asked again until the time is over.
                pass
            if time.monotonic() - began > SETTLE_SECONDS:
                raise OutcomeUnknown(target, entry.refresh) from None
            time.sleep(0.5)

    def _live_entry(self, dataset: str, *, step: str) -> LedgerEntry | None:
        return live_entries(self._ledger(step=step)).get(dataset)

    def _locked_key(self) -> int:
        if self._key is None:
            raise RuntimeError("lock() comes before every step that writes")
        return self._key

    @abstractmethod
    def _connect(self) -> Connection:
        """A fresh connection."""

    @abstractmethod
    def _ledger(self, *, step: str) -> Sequence[LedgerEntry]:
        """What was published here."""

    @abstractmethod
    def _namespaces(self) -> Iterable[str]:
        """All that the server has, leftovers among them."""

    @abstractmethod
    def _drop(self, namespace: str) -> None: ...

    @abstractmethod
    def _try_lock(self, key: int) -> bool: ...

    @abstractmethod
    def _unlock(self, key: int) -> None: ...
