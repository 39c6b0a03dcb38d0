class _Cached:
    def cache_clear(self) -> None: ...

load_config: _Cached
