"""How people reach the platform: a host name in the cluster, or a tunnel with Cloudflare in front."""
