"""Where the files that come with the twin are: calibration recipes, model cards, scenarios."""

from __future__ import annotations

from pathlib import Path

FOLDERS = ("calibration", "models", "scenarios")


def content(folder: str) -> Path:
    """The directory of one of FOLDERS: beside the package in a checkout, inside the package once installed.

    Raises: ValueError for another name, FileNotFoundError if the installation is incomplete.
    """
    if folder not in FOLDERS:
        raise ValueError(f"there is no content folder {folder!r}; there are {', '.join(FOLDERS)}")
    package = Path(__file__).resolve().parent
    installed = package / "_content" / folder
    place = installed if installed.parent.is_dir() else package.parent / folder
    if not place.is_dir():
        raise FileNotFoundError(f"{place} is missing: the installation is not complete")
    return place
