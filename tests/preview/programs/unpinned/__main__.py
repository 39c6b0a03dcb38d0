"""Can be previewed before it can be brought up."""

import pulumi

if not pulumi.runtime.is_dry_run():
    raise pulumi.RunError("no image is pinned yet")
