"""What every Pulumi program pays, however little it declares."""

import pulumi  # noqa: F401 # pyright: ignore[reportUnusedImport] - the import is what is measured
