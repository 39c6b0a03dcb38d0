"""Who may reach whom, judged from the manifests alone, as Kubernetes itself would judge them."""
