"""The whole stack file as frozen models. Imports no Pulumi."""

from settings.problems import Problem, SettingsError
from settings.root import Settings

__all__ = ["Problem", "Settings", "SettingsError"]
