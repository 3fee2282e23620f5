"""Pages for a browser: the demo site at `/`, the API's description at `/docs`."""

from os import PathLike, stat_result
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope as AsgiScope

PAGES = Path(__file__).parent.parent / "pages"
CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {"Content-Security-Policy": CONTENT_POLICY, "Cache-Control": "no-cache"}


class _Files(StaticFiles):
    def file_response(
        self,
        full_path: PathLike[str] | str,
        stat_result: stat_result,
        scope: AsgiScope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response


def mount(app: FastAPI) -> None:
    """Serve the pages; they use the public API like anybody's."""

    @app.get("/", include_in_schema=False)
    async def demo() -> FileResponse:
        return FileResponse(PAGES / "demo" / "index.html", headers=_HEADERS)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> FileResponse:
        return FileResponse(PAGES / "docs" / "index.html", headers=_HEADERS)

    app.mount("/pages", _Files(directory=PAGES), name="pages")
