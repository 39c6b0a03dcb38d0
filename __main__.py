"""Reads the stack file, makes the platform, says where it is."""

import pulumi

from components import checks
from deploy import kept
from images.catalogue import UnpinnedImages, references
from settings import SettingsError
from settings.load import parse
from stack import deploy

stack = pulumi.get_stack()
source = f"Pulumi.{stack}.yaml"
try:
    settings = parse(pulumi.Config().require_object("settings"), source)
    checks.check(settings, stack, source)
    kept.check(settings, stack, source)
    images = references(stack, settings.images, lab=settings.cluster.kind == "lab", preview=pulumi.runtime.is_dry_run())
except (SettingsError, UnpinnedImages) as error:
    raise pulumi.RunError(str(error)) from error

for name, value in deploy(settings, images).items():
    pulumi.export(name, value)
