"""What a hub is told of a login at which it does not ask for passwords itself, as the program writes it."""

KEYCLOAK = {
    "kind": "keycloak",
    "issuer": "https://login.example.org/realms/jupyterhub",
    "back_channel": "http://keycloak:8080/realms/jupyterhub",
    "client_id": "jupyterhub",
    "callback_urls": ["https://hub.example.org/hub/oauth_callback"],
    "logged_out_urls": ["https://hub.example.org/hub/"],
    "user_groups": ["users"],
    "admin_groups": ["admins"],
    "refresh_age": 300,
    "grace": 1800,
    "longest": 604_800,
}
EDGE = {"issuer": "https://example.cloudflareaccess.com"}
ACCESS = {
    "kind": "cloudflare_access",
    "edge": EDGE,
    "domain": "example.org",
    "admins": ["ann"],
    "groups": {"analysts": ["bob", "eve"]},
    "longest": 90,
}
