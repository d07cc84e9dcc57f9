"""YAML files with line numbers, and settings read from them with errors that name file, line and the nearest key."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from synth_assets.errors import SynthAssetsError
from synth_assets.plan.yaml_problems import Location, describe

YamlValue: TypeAlias = "bool | int | float | str | list[YamlValue] | dict[str, YamlValue] | None"
Settings = TypeVar("Settings", bound=BaseModel)

# YAML 1.2's core schema: `no`, `on` and 2024-01-31 are text, 010 is ten and 12:30 is no number.
_CORE_SCALARS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$")),
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")),
    ("int", re.compile(r"^[-+]?[0-9]+$")),
    ("float", re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")),
)


@dataclass(frozen=True)
class SettingsProblem:
    """One thing that is wrong in a settings file; `line` counts from 1, None if the file has none to name."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class SettingsInvalid(SynthAssetsError):
    """Settings that cannot be used as they are; `problems` holds all that was found, in order of file and line."""

    def __init__(self, problems: Sequence[SettingsProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line or 0)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class YamlDocument:
    """One YAML file: its value, and the line (from 1) on which each key and list item stands."""

    file: str
    value: YamlValue
    lines: Mapping[Location, int]

    def line(self, location: Location) -> int | None:
        """The line of a location, or of the nearest key above it."""
        for depth in range(len(location), -1, -1):
            if location[:depth] in self.lines:
                return self.lines[location[:depth]]
        return None

    def problem(self, location: Location, message: str) -> SettingsProblem:
        return SettingsProblem(self.file, self.line(location), message)


def read_yaml(path: Path, *, file: str | None = None) -> YamlDocument:
    """Read one YAML file.

    Args:
        file: What errors call the file; its path unless given.

    Raises:
        SettingsInvalid: the file cannot be read, is no YAML, holds several documents, or a key twice.
    """
    name = file or str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid([SettingsProblem(name, None, f"cannot be read ({_reason(error)})")]) from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise SettingsInvalid([_syntax_problem(name, error)]) from None
    reading = _Reading(name)
    value = reading.value_of(root, ()) if root is not None else None
    if reading.problems:
        raise SettingsInvalid(reading.problems)
    return YamlDocument(name, value, reading.lines)


def refuse_repeated_keys(path: Path, *, file: str) -> None:
    """Nothing if no mapping of a YAML file, which was read by somebody else, holds a key twice.

    Raises:
        SettingsInvalid: One does: whoever reads on would take the last one.
    """
    reading = _Reading(file)
    for at, root in enumerate(yaml.compose_all(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)):
        if root is not None:
            reading.value_of(root, (at,))
    if reading.problems:
        raise SettingsInvalid(reading.problems)


def read_settings(
    document: YamlDocument, model: type[Settings], *, context: Mapping[str, Any] | None = None
) -> Settings:
    """The settings that a document holds.

    Raises:
        SettingsInvalid: with every problem, its line and the nearest known key.
    """
    try:
        return model.model_validate(document.value if document.value is not None else {}, context=dict(context or {}))
    except ValidationError as error:
        problems = [document.problem(found["loc"], describe(found, model)) for found in error.errors(include_url=False)]
        raise SettingsInvalid(problems) from None


class _Reading:
    """Turns nodes into values, keeping lines and problems on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Location, int] = {}
        self.problems: list[SettingsProblem] = []
        self._open: list[Node] = []

    def value_of(self, node: Node, location: Location) -> YamlValue:
        self.lines.setdefault(location, node.start_mark.line + 1)
        if any(node is above for above in self._open):
            self._refuse(node, "an alias refers to what it stands in")
            return None
        self._open.append(node)
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, location)
            if isinstance(node, SequenceNode):
                return [self.value_of(item, (*location, place)) for place, item in enumerate(node.value)]
            return self._scalar(node)
        finally:
            self._open.pop()

    def _mapping(self, node: MappingNode, location: Location) -> YamlValue:
        values: dict[str, YamlValue] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._refuse(key_node, "a key must be one word or text")
                continue
            # A key is its text, whatever YAML makes of it: a table may be called `on`, a column `2B`.
            key = str(key_node.value)
            if key in values:
                first = self.lines[(*location, key)]
                self._refuse(key_node, f"the key {key!r} is there already, on line {first}; leave one of them")
                continue
            self.lines[(*location, key)] = key_node.start_mark.line + 1
            values[key] = self.value_of(value_node, (*location, key))
        return values

    def _scalar(self, node: Node) -> YamlValue:
        text = str(node.value)
        if getattr(node, "style", None) is not None:
            return text
        kind = next((kind for kind, pattern in _CORE_SCALARS if pattern.match(text)), "text")
        match kind:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text)
            case "float":
                return float(text)
            case _:
                return text

    def _refuse(self, node: Node, message: str) -> None:
        self.problems.append(SettingsProblem(self.file, node.start_mark.line + 1, message))


def _syntax_problem(file: str, error: yaml.YAMLError) -> SettingsProblem:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        words = " ".join(part for part in (error.context, error.problem) if part)
        return SettingsProblem(file, mark.line + 1 if mark else None, f"is not YAML: {words}")
    return SettingsProblem(file, None, "is not YAML: it holds characters that YAML does not allow")


def _reason(error: Exception) -> str:
    return (error.strerror or "unreadable") if isinstance(error, OSError) else "it is not UTF-8 text"
