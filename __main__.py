"""Reads the stack file, makes the platform, says where it is."""

import pulumi
from images.catalogue import references

from settings import SettingsError
from settings.cluster import Lab
from settings.load import parse
from stack import declared_secrets, deploy

stack = pulumi.get_stack()
try:
    settings = parse(pulumi.Config().require_object("settings"), f"Pulumi.{stack}.yaml")
except SettingsError as error:
    raise pulumi.RunError(str(error)) from error

images = references(stack, lab=isinstance(settings.cluster, Lab), preview=pulumi.runtime.is_dry_run())
for name, value in deploy(settings, declared_secrets(settings), images).items():
    pulumi.export(name, value)
