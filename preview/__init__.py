"""The program without an engine: what it declares, what a change would do, the same as plain manifests."""
