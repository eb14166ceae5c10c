from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names also inside JavaScript imports, so that a module may be cached for ever."""

    support_js_module_import_aggregation = True
