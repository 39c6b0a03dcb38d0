from typing import Any

from jupyterhub.auth import Authenticator
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.login import LogoutHandler

def _deserialize_state(b64_state: str) -> dict[str, Any]: ...

class OAuthLoginHandler(BaseHandler):
    def get(self) -> None: ...
    def authorize_redirect(self, *, extra_params: dict[str, str], **kwargs: object) -> None: ...

class OAuthCallbackHandler(BaseHandler):
    def check_arguments(self) -> None: ...
    def get_state_cookie(self) -> str: ...
    async def get(self) -> None: ...

class OAuthLogoutHandler(LogoutHandler): ...

class OAuthenticator(Authenticator):
    login_handler: type[OAuthLoginHandler]
    callback_handler: type[OAuthCallbackHandler]
    logout_handler: type[OAuthLogoutHandler]
    authorize_url: Any
    client_id: Any
    client_secret: Any
    def get_callback_url(self, handler: BaseHandler | None = None) -> str: ...
