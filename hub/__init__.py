"""What runs inside the hub pod. Imports nothing of the platform but itself, and no Pulumi."""
