"""Pages by their names: `/Overview`, as people write it and docs/pages.md calls it, leads to the page's own address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route


def routes(pages: Mapping[str, str]) -> list[Route]:
    """Return a route for each title in `pages` (name in the address to title) that is not its address already."""
    return [Route(f"/{title}", _leading_to(name)) for name, title in pages.items() if title != name]


def _leading_to(name: str) -> Callable[[Request], Awaitable[RedirectResponse]]:
    async def redirect(request: Request) -> RedirectResponse:
        # Relative, so that it works behind any path that a proxy puts in front.
        return RedirectResponse(f"{name}?{request.url.query}" if request.url.query else name)

    return redirect
