"""Connections, artifact store and compute of one environment: what resources/<environment>.yaml may say."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from synth_assets.errors import SynthAssetsError
from synth_assets.plan.key_command import printed_by
from synth_assets.plan.short_forms import TEXT
from synth_assets.plan.urls import anchored, holds_password

_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"


class MissingVariable(SynthAssetsError):
    """An environment variable that a setting asks for is not set, or empty."""

    def __init__(self, *, variable: str, setting: str, file: str) -> None:
        self.variable = variable
        self.setting = setting
        self.file = file
        where = f" in {file}" if file else ""
        super().__init__(
            f"The environment variable {variable}, named by {setting}{where}, is not set.",
            untouched="Nothing was contacted or changed.",
            next_step=f"Set {variable}, or change {setting}{where}.",
        )


class _Resource(BaseModel):
    """A frozen part of the resources that knows which file it came from and which folder its paths start at."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    _file: str = PrivateAttr(default="")
    _root: Path | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _remember_origin(self, info: ValidationInfo) -> Self:
        context: Mapping[str, Any] = info.context or {}
        self._file = str(context.get("file", ""))
        self._root = context.get("root")
        return self


def _as_literal(value: object) -> object:
    return {"literal": value} if isinstance(value, str | SecretStr) else value


class Reference(BaseModel):
    """A text given as it is, or as the environment variable that holds it. Its text is never printed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    literal: SecretStr | None = Field(default=None, description="The text itself.", exclude=True)
    env: str | None = Field(default=None, pattern=_VARIABLE, description="The environment variable that holds it.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.literal is None) == (self.env is None):
            raise ValueError("write the text itself, or {env: NAME} for the environment variable that holds it")
        return self

    def resolve(self, environ: Mapping[str, str], *, setting: str, file: str) -> str:
        """The text; MissingVariable if its environment variable is not set."""
        if self.literal is not None:
            return self.literal.get_secret_value()
        variable = self.env or ""
        text = environ.get(variable, "")
        if not text:
            raise MissingVariable(variable=variable, setting=setting, file=file)
        return text


TextOrVariable = Annotated[Reference, BeforeValidator(_as_literal), TEXT]


class KeyReference(Reference):
    """A key given as the environment variable that holds it, or as the command that prints it."""

    command: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="The program that prints it, and its arguments; no shell reads them."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if sum(way is not None for way in (self.literal, self.env, self.command)) != 1:
            raise ValueError("write {env: NAME} for the variable that holds it, or {command: [...]} for what prints it")
        return self

    def read(self, environ: Mapping[str, str], *, setting: str, file: str, root: Path | None) -> str:
        """The key as text: never to be printed. Raises MissingVariable, KeyCommandFailed."""
        if self.command is not None:
            return printed_by(self.command, environ, setting=setting, file=file, root=root)
        return self.resolve(environ, setting=setting, file=file)


KeySource = Annotated[KeyReference, BeforeValidator(_as_literal), TEXT]


def _refuse_written_secret(reference: Reference, info: ValidationInfo, *, variable: str) -> None:
    """Settings files are kept in version control: what is secret stands in the environment."""
    if info.context and info.context.get("file") and reference.literal is not None:
        raise ValueError(f"a secret must not be written here; write {{env: {variable}}} and set that variable")


class DatabaseSettings(_Resource):
    """One database: a source, read only, or a target, written."""

    role: Literal["source", "target"] = Field(description="source: read only; target: written.")
    environment: str | None = Field(default=None, min_length=1, description="Such as dev; a target must name its own.")
    url: TextOrVariable = Field(description="SQLAlchemy's url, or {env: NAME}.")
    namespace: str | None = Field(default=None, alias="schema", min_length=1, description="The database's schema.")

    @field_validator("url")
    @classmethod
    def _no_written_password(cls, url: Reference, info: ValidationInfo) -> Reference:
        if url.literal is not None and holds_password(url.literal.get_secret_value()):
            _refuse_written_secret(url, info, variable="DATABASE_URL")
        return url

    @model_validator(mode="after")
    def _target_names_environment(self) -> Self:
        if self.role == "target" and self.environment is None:
            raise ValueError("a target must name its `environment`, such as dev or staging")
        return self

    def resolve_url(self, environ: Mapping[str, str]) -> str:
        """The url, its password included: never to be printed. Paths of files start at the project's root.

        Raises:
            MissingVariable: the environment variable that holds it is not set.
        """
        return anchored(self.url.resolve(environ, setting="the database's `url`", file=self._file), root=self._root)


class StoreSettings(_Resource):
    """Where artifacts lie, encrypted, and how many are kept."""

    url: TextOrVariable = Field(
        default=Reference(literal=SecretStr("file://.synth")), description="An fsspec url, or {env: NAME}."
    )
    key: KeySource = Field(
        default=KeyReference(env="SYNTH_STORE_KEY"),
        description="The key that encrypts all artifacts: {env: NAME}, or {command: [...]} that prints it.",
    )
    old_key: KeySource = Field(
        default=KeyReference(env="SYNTH_STORE_KEY_OLD"),
        description="The key before, for `synth-assets rekey` only; written like `key`.",
    )
    keep_refreshes: int = Field(default=5, ge=1, description="Refreshes kept for rollback.")
    keep_snapshots: int = Field(default=0, ge=0, description="Snapshots of real rows kept after a refresh.")
    resume_hours: float = Field(
        default=12,
        ge=0,
        description="Hours that Dagster keeps the snapshot of a refresh that failed after all its tables were learned, "
        "so that it goes on with the same real rows. Afterwards a re-execution reads them again.",
    )

    @field_validator("key", "old_key")
    @classmethod
    def _no_written_key(cls, key: KeyReference, info: ValidationInfo) -> KeyReference:
        _refuse_written_secret(key, info, variable="SYNTH_STORE_KEY")
        return key

    def resolve_url(self, environ: Mapping[str, str]) -> str:
        """The store's url; a relative path of a file starts at the project's root. Raises MissingVariable."""
        return anchored(self.url.resolve(environ, setting="the store's `url`", file=self._file), root=self._root)

    def resolve_key(self, environ: Mapping[str, str]) -> str:
        """The key as text: never to be printed. Raises MissingVariable, KeyCommandFailed."""
        return self.key.read(environ, setting="the store's `key`", file=self._file, root=self._root)

    def resolve_old_key(self, environ: Mapping[str, str]) -> str:
        """The key before, as text: never to be printed. Raises MissingVariable, KeyCommandFailed."""
        return self.old_key.read(environ, setting="the store's `old_key`", file=self._file, root=self._root)


class ComputeSettings(_Resource):
    """What refreshes run on."""

    kind: Literal["local", "kubernetes", "dask"] = Field(
        default="local",
        description="local: processes of one machine; kubernetes: a pod for every step in Dagster; dask: not yet.",
    )
    workers: int = Field(default=2, ge=1, description="Processes or pods at work at the same time.")

    @field_validator("kind")
    @classmethod
    def _is_available(cls, kind: str) -> str:
        if kind == "dask":
            raise ValueError("compute of the kind dask is not available in this version; use local or kubernetes")
        return kind


class AlertSettings(_Resource):
    """Who is told of refreshes that failed."""

    webhook: TextOrVariable = Field(description="{env: NAME} of an url that takes JSON with a `text`, as chats do.")

    @field_validator("webhook")
    @classmethod
    def _no_written_webhook(cls, webhook: Reference, info: ValidationInfo) -> Reference:
        _refuse_written_secret(webhook, info, variable="ALERT_WEBHOOK_URL")
        return webhook

    def resolve_webhook(self, environ: Mapping[str, str]) -> str:
        """The url, which may be a secret: never to be printed. Raises MissingVariable."""
        return self.webhook.resolve(environ, setting="the alerts' `webhook`", file=self._file)


class ResourcesSettings(_Resource):
    """All resources of one environment."""

    databases: dict[str, DatabaseSettings] = Field(
        default_factory=dict, description="Sources and targets by the name that plans use."
    )
    store: StoreSettings = Field(default_factory=StoreSettings, description="The artifact store.")
    compute: ComputeSettings = Field(default_factory=ComputeSettings, description="What refreshes run on.")
    alerts: AlertSettings | None = Field(default=None, description="Who is told of refreshes that failed.")

    @model_validator(mode="before")
    @classmethod
    def _empty_sections(cls, value: object) -> object:
        """A section left out or empty is read like one that says nothing, so that it too knows its file and root."""
        if not isinstance(value, Mapping):
            return value
        return {**value, **{name: value.get(name) or {} for name in ("databases", "store", "compute")}}

    @field_validator("databases")
    @classmethod
    def _names_are_plain(cls, databases: dict[str, DatabaseSettings]) -> dict[str, DatabaseSettings]:
        for name in databases:
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
                raise ValueError(f"the database name {name!r} must be letters, digits and underscores, a letter first")
        return databases
