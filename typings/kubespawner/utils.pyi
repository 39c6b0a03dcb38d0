from collections.abc import Mapping
from typing import Any, TypeVar

_Model = TypeVar("_Model")

def get_k8s_model(model_type: type[_Model], model_dict: Mapping[str, Any]) -> _Model: ...
