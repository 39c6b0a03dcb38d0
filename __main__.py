"""Reads the stack file, makes the platform, says where it is."""

import pulumi

from components import edge_check, hub_check, kubeconfig
from deploy import kept
from images.catalogue import UnpinnedImages, references
from settings import SettingsError
from settings.load import parse
from stack import declared_secrets, deploy

stack = pulumi.get_stack()
try:
    settings = parse(pulumi.Config().require_object("settings"), f"Pulumi.{stack}.yaml")
    if not kubeconfig.is_recorded():
        kubeconfig.require_context(settings.cluster, f"Pulumi.{stack}.yaml")
    hub_check.check(settings, f"Pulumi.{stack}.yaml")
    kept.check(settings, stack, f"Pulumi.{stack}.yaml")
    edge_check.check(settings, stack, f"Pulumi.{stack}.yaml")
    images = references(stack, settings.images, lab=settings.cluster.kind == "lab", preview=pulumi.runtime.is_dry_run())
except (SettingsError, UnpinnedImages) as error:
    raise pulumi.RunError(str(error)) from error

for name, value in deploy(settings, declared_secrets(settings), images).items():
    pulumi.export(name, value)
