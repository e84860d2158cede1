"""The engine's own pages: where a run is looked at with everything the engine knows of it."""

from urllib.parse import quote

from models.settings import Settings


def engine_href(settings: Settings, workflow_id: str) -> str | None:
    """The page of a run; None where the copy has no such pages."""
    if settings.temporal_ui_url is None:
        return None
    base, workflow = settings.temporal_ui_url.rstrip("/"), quote(workflow_id, safe="")
    return f"{base}/namespaces/{settings.temporal_namespace}/workflows/{workflow}"
