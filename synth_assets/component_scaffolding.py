"""What `dg scaffold defs synth_assets.SyntheticDatabase NAME` writes: the component's file, with comments."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import dagster as dg

_FILES = {"yaml": "defs.yaml", "python": "component.py"}
_TEMPLATES = {"yaml": "defs.yaml", "python": "component.py.txt"}
_FOLDER = "new_component"


class SyntheticDatabaseScaffolder(dg.Scaffolder[Any]):
    """Writes a component that loads as it is, named after its folder."""

    def scaffold(self, request: dg.ScaffoldRequest[Any]) -> None:
        template = _TEMPLATES[request.scaffold_format]
        text = files("synth_assets").joinpath(_FOLDER, template).read_text(encoding="utf-8")
        text = text.replace("TYPE", request.type_name).replace("DATASET", dataset_name(request.target_path))
        text = text.replace("HERE", _folder(request).as_posix())
        if request.append:
            with request.target_path.open("a", encoding="utf-8") as file:
                file.write(f"---\n{text}")
        else:
            (request.target_path / _FILES[request.scaffold_format]).write_text(text, encoding="utf-8")


def _folder(request: dg.ScaffoldRequest[Any]) -> Path:
    """The component's folder as commands in the project's root name it."""
    folder = request.target_path.parent if request.append else request.target_path
    root = request.project_root
    return folder.relative_to(root) if root and folder.is_relative_to(root) else folder


def dataset_name(folder: Path) -> str:
    """The name of a folder as that of a dataset: small letters, digits and underscores, a letter first."""
    name = re.sub(r"[^a-z0-9]+", "_", folder.stem.lower()).strip("_")
    return name if name[:1].isalpha() else f"dataset_{name}".rstrip("_")
