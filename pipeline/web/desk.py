"""What a page's handler takes: who is there, the app, the time; for an action also its form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Depends, HTTPException, Request, status
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline.app import App
from pipeline.stages.context import Context
from pipeline.stages.pages_audit import add_words, find
from pipeline.web.frame import href, menu
from pipeline.web.guard import is_own_origin, is_token, make_token
from pipeline.web.visitor import Host, Visitor, visitor_of
from schemas.audit import AuditEntry

_MOST_FORM = 64_000
"""Bytes of a form."""
_TOLD_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Desk:
    """Whoever is logged in, at work."""

    request: Request
    visitor: Visitor
    app: App
    now: datetime
    form: Mapping[str, str] = field(default_factory=dict)
    """What was sent with an action; the last value of each field."""

    @cached_property
    def context(self) -> Context:
        """What a stage is handed."""
        return self.app.context(self.now)

    @property
    def host(self) -> Host:
        """What the server around the pages can do."""
        found: Host = self.request.app.state.host
        return found

    def href(self, name: str, /, query: Any = None, **params: Any) -> str:
        """The address of a page; see ``frame.href``."""
        return href(self.request, name, query, **params)

    def render(self, template: str, *, title: str, code: int = 200, **values: Any) -> HTMLResponse:
        """A page; templates have ``desk``, ``href``, ``host``, ``now``, ``token`` besides."""
        secret: bytes = self.request.app.state.secret
        text = self.request.app.state.templates.get_template(template).render(
            title=title,
            desk=self,
            href=self.href,
            host=self.host,
            now=self.now,
            menu=menu(self.request),
            here=getattr(self.request.scope.get("route"), "name", ""),
            token=make_token(self.visitor.name, secret=secret, now=self.now),
            told=self._told(),
            fault=self.app.fault,
            **values,
        )
        return HTMLResponse(text, code, {"Cache-Control": "no-store"})

    def back(
        self,
        name: str,
        /,
        entry: AuditEntry,
        query: Mapping[str, Any] | None = None,
        *,
        run: str = "",
        **params: Any,
    ) -> RedirectResponse:
        """Lead to a page after an action: it tells the outcome, and a reload repeats nothing.

        Args:
            name: of the page's route.
            entry: the action, committed.
            query: more of the address.
            run: a DAG that is to take the change up at once, where the host can start it.
            params: parts of the path.
        """
        if run and self.host.trigger is not None:
            add_words(self.context, entry, self.host.trigger(run, self.visitor.name))
        where = self.href(name, {**(query or {}), "done": entry.id}, **params)
        return RedirectResponse(where, status.HTTP_303_SEE_OTHER)

    def _told(self) -> AuditEntry | None:
        """What this visitor did just now; an address made up by others tells nothing."""
        asked = self.request.query_params.get("done", "")
        if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):  # noqa: PLR2004
            return None
        entry = find(self.context, int(asked))
        if entry is None or entry.who != self.visitor.name or self.now - entry.at > _TOLD_FOR:
            return None
        return entry


def _desk(request: Request, visitor: Annotated[Visitor, Depends(visitor_of)]) -> Desk:
    state = request.app.state
    return Desk(request, visitor, state.opened.app(), state.clock())


async def _sent(request: Request) -> dict[str, str]:
    """The fields of a form; read by hand, since none of ours holds a file.

    Raises:
        HTTPException: 413, it is too long.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_FORM:
            raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, "The form is too long.")
    told = parse_qs(bytes(body).decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in told.items()}


def _acting(
    request: Request,
    desk: Annotated[Desk, Depends(_desk)],
    form: Annotated[dict[str, str], Depends(_sent)],
) -> Desk:
    """Whoever may act, with the form that they sent from a page of ours.

    Raises:
        HTTPException: 403; nothing was done.
    """
    if not desk.visitor.may_act:
        raise HTTPException(
            status.HTTP_403_FORBIDDEN, "You may read these pages; to act, a user needs more rights."
        )
    secret: bytes = request.app.state.secret
    known = is_token(form.get("token", ""), desk.visitor.name, secret=secret, now=desk.now)
    if not is_own_origin(request.headers) or not known:
        raise HTTPException(
            status.HTTP_403_FORBIDDEN,
            "This form was not sent from a page of ours, or stood open for too long: "
            "open the page again and repeat what you did. Nothing was changed.",
        )
    return Desk(desk.request, desk.visitor, desk.app, desk.now, form)


AtDesk = Annotated[Desk, Depends(_desk)]
Acting = Annotated[Desk, Depends(_acting)]
