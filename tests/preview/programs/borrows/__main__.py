"""Imports what another program has, and this one has not."""

from components import base

base.Component("borrowed", None)
