"""What the hub uses of KubeSpawner, which ships without types."""

from kubespawner.spawner import KubeSpawner as KubeSpawner
