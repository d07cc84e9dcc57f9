"""Where the store's bytes lie: a local directory, or whatever fsspec reaches. Knows nothing of encryption."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol, cast

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from synth_assets.store.errors import ArtifactMissing, StoreUnavailable

_DIRECTORY_MODE = 0o700
_FILE_MODE = 0o600
_UNFINISHED = ".part"
_LOCK = ".lock"


class Files(Protocol):
    """Files by their path relative to the store, parts joined by `/`."""

    @property
    def has_locks(self) -> bool:
        """Whether `in_use` keeps others away."""

    def in_use(self, *, alone: bool, what: str = "") -> AbstractContextManager[bool]:
        """Hold the store, or `what` of it, together with others or alone; gives whether that could be had at once.

        A process that ends, however it does, holds nothing any more. Where there are no locks it can always be had.
        """

    def writing(self, path: str) -> AbstractContextManager[IO[bytes]]:
        """A new file: it stands at `path`, whole, after a clean exit, and not at all after an exception."""

    def open(self, path: str) -> tuple[IO[bytes], int]:
        """The file for reading, and its size in bytes. Raises ArtifactMissing."""

    def size(self, path: str) -> int | None:
        """Bytes of the file; None if there is none."""

    def folders(self, path: str) -> list[str]:
        """Names of the folders in a folder, sorted; none if it is not there."""

    def modified(self, path: str) -> datetime:
        """When anything in the folder was last written; now, where that is not known."""

    def remove_file(self, path: str) -> None:
        """Remove it if it is there."""

    def remove_folder(self, path: str) -> None:
        """Remove it and all in it if it is there."""

    def remove_unfinished(self, path: str, *, before: datetime) -> None:
        """Remove the files directly in a folder that a process began before that and, being killed, never ended."""


def open_files(url: str) -> Files:
    """The files at an fsspec URL such as `file:///var/synth`, `memory://store` or `s3://bucket/synth`.

    Raises:
        StoreUnavailable: No such kind of URL, or its driver is not installed, or a local folder cannot be made.
    """
    try:
        system, root = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise StoreUnavailable(url, str(error)) from error
    if isinstance(system, LocalFileSystem):
        return LocalFiles(Path(root))
    return RemoteFiles(system, root)


class LocalFiles:
    """A directory of this machine: directories 700, files 600, each written under another name and then renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        try:
            self._make_directory(root)
        except OSError as error:
            raise StoreUnavailable(str(root), error.strerror or type(error).__name__) from error

    def _make_directory(self, directory: Path) -> None:
        missing = []
        while not directory.exists():
            missing.append(directory)
            directory = directory.parent
        for new in reversed(missing):
            with suppress(FileExistsError):
                new.mkdir(mode=_DIRECTORY_MODE)

    @property
    def has_locks(self) -> bool:
        return True

    @contextmanager
    def in_use(self, *, alone: bool, what: str = "") -> Iterator[bool]:
        name = f".{what}{_LOCK}" if what else _LOCK
        try:
            descriptor = os.open(self._root / name, os.O_RDWR | os.O_CREAT, _FILE_MODE)
        except OSError as error:
            raise StoreUnavailable(str(self._root), error.strerror or type(error).__name__) from error
        try:
            yield _locked(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    @contextmanager
    def writing(self, path: str) -> Iterator[IO[bytes]]:
        target = self._root / path
        temporary = target.with_name(f".{secrets.token_hex(8)}{_UNFINISHED}")
        try:
            self._make_directory(target.parent)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
        except OSError as error:
            raise StoreUnavailable(str(self._root), error.strerror or type(error).__name__) from error
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as stream:
                yield cast(IO[bytes], stream)
                os.fsync(stream.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def open(self, path: str) -> tuple[IO[bytes], int]:
        try:
            stream = (self._root / path).open("rb")
        except FileNotFoundError:
            raise ArtifactMissing(path) from None
        return stream, os.fstat(stream.fileno()).st_size

    def size(self, path: str) -> int | None:
        try:
            return (self._root / path).stat().st_size
        except FileNotFoundError:
            return None

    def folders(self, path: str) -> list[str]:
        directory = self._root / path
        if not directory.is_dir():
            return []
        return sorted(entry.name for entry in directory.iterdir() if entry.is_dir())

    def modified(self, path: str) -> datetime:
        newest = 0.0
        for entry in [self._root / path, *(self._root / path).rglob("*")]:
            with suppress(FileNotFoundError):
                newest = max(newest, entry.stat().st_mtime)
        return datetime.fromtimestamp(newest, UTC)

    def remove_file(self, path: str) -> None:
        (self._root / path).unlink(missing_ok=True)

    def remove_folder(self, path: str) -> None:
        with suppress(FileNotFoundError):
            shutil.rmtree(self._root / path)

    def remove_unfinished(self, path: str, *, before: datetime) -> None:
        for file in (self._root / path).glob(f".*{_UNFINISHED}"):
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < before.timestamp():
                    file.unlink()


def _locked(descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class RemoteFiles:
    """Any other fsspec file system; its own writes become visible as a whole when they are closed."""

    def __init__(self, system: Any, root: str) -> None:
        self._system = system
        self._root = root.rstrip("/")

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"

    @property
    def has_locks(self) -> bool:
        return False

    @contextmanager
    def in_use(self, *, alone: bool, what: str = "") -> Iterator[bool]:  # noqa: ARG002 (object storage has no locks)
        yield True

    @contextmanager
    def writing(self, path: str) -> Iterator[IO[bytes]]:
        full = self._full(path)
        self._system.makedirs(full.rsplit("/", 1)[0], exist_ok=True)
        stream = self._system.open(full, "wb")
        try:
            yield stream
        except BaseException:
            stream.discard()
            self.remove_file(path)
            raise
        stream.close()

    def open(self, path: str) -> tuple[IO[bytes], int]:
        size = self.size(path)
        if size is None:
            raise ArtifactMissing(path)
        return self._system.open(self._full(path), "rb"), size

    def size(self, path: str) -> int | None:
        self._system.invalidate_cache()
        try:
            return int(self._system.info(self._full(path))["size"])
        except FileNotFoundError:
            return None

    def folders(self, path: str) -> list[str]:
        self._system.invalidate_cache()
        try:
            entries = self._system.ls(self._full(path), detail=True)
        except FileNotFoundError:
            return []
        return sorted(e["name"].rstrip("/").rsplit("/", 1)[-1] for e in entries if e["type"] == "directory")

    def modified(self, path: str) -> datetime:
        try:
            newest: datetime = max(self._system.modified(name) for name in self._system.find(self._full(path)))
        except (NotImplementedError, ValueError):
            return datetime.now(UTC)
        return newest

    def remove_file(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._system.rm_file(self._full(path))

    def remove_folder(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._system.rm(self._full(path), recursive=True)

    def remove_unfinished(self, path: str, *, before: datetime) -> None:
        """There are none: what is not closed never becomes visible."""
