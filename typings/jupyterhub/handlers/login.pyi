from jupyterhub.handlers.base import BaseHandler

class LogoutHandler(BaseHandler):
    def _backend_logout_cleanup(self, name: str) -> None: ...
