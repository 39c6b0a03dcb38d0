"""Who somebody is: a Keycloak of ours or somebody else's, and the realm that says it."""
