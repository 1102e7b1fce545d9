"""The project that relyra_install runs in: where its files are."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.conf import settings

from relyra_django.conf import is_configured


class ScaffoldError(Exception):
    """Nothing can be planned; the message says what to name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """The project's places.

    `root` is where the settings module is imported from: nothing outside it is touched.
    `settings_named` says that a person chose the settings file, `configured` that RELYRA is set.
    """

    root: Path
    package: str
    app_dir: Path
    settings_file: Path | None
    urls_file: Path | None
    settings_named: bool = False
    configured: bool = False

    def owns(self, path: Path) -> bool:
        """Tell whether a file is the project's own, not an installed package's."""
        resolved = path.resolve()
        installed = (Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "stdlib"))
        if any(resolved.is_relative_to(place) for place in installed):
            return False
        return resolved.is_relative_to(self.root)

    def shown(self, path: Path) -> str:
        """Return the path as people name it in this project."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def find_host(*, app: str | None, urls: str | None, settings_file: str | None) -> Host:
    """Find the project's files from Django's settings and what was named instead.

    Raises ScaffoldError when no package can be found to put the scaffold in.
    """
    module = getattr(settings, "SETTINGS_MODULE", None)
    found = _module_file(module)
    package, app_dir = _app_package(app)
    return Host(
        root=_import_root(module, found),
        package=package,
        app_dir=app_dir,
        settings_file=Path(settings_file).absolute() if settings_file else found,
        urls_file=Path(urls).absolute()
        if urls
        else _module_file(getattr(settings, "ROOT_URLCONF", None)),
        settings_named=bool(settings_file),
        configured=is_configured(),
    )


def _module_file(name: str | None) -> Path | None:
    spec = find_spec(name) if isinstance(name, str) else None
    return Path(spec.origin) if spec and spec.origin and spec.has_location else None


def _import_root(module: str | None, file: Path | None) -> Path:
    if module is None or file is None:
        return Path.cwd().resolve()
    levels = module.count(".") + (file.name == "__init__.py")
    return file.resolve().parents[levels]


def _app_package(label: str | None) -> tuple[str, Path]:
    """Return the package that gets the scaffold, and its directory."""
    if label is None:
        return _importable(_urlconf_package())
    for config in apps.get_app_configs():
        if label in (config.label, config.name):
            return config.name, Path(config.path).resolve()
    return _importable(label)


def _urlconf_package() -> str:
    package = str(getattr(settings, "ROOT_URLCONF", "")).rpartition(".")[0]
    if not package:
        raise ScaffoldError("ROOT_URLCONF is in no package: name an app with --app.")
    return package


def _importable(name: str) -> tuple[str, Path]:
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec else []
    if len(places) != 1:
        raise ScaffoldError(f"{name} is neither an installed app nor a package.")
    return name, Path(places[0]).resolve()
