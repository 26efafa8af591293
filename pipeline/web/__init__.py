"""The operators' pages: server-rendered HTML, made to stand in a frame of Airflow's UI.

    browser ─> pages/<page>.py ─> stages/pages_<page>.py ─> store/… ─> a frozen shape of schemas
                   └─> templates/<page>.html.j2, which extends base.html.j2

A page is one module in ``pages`` with a ``router``; ``create_app`` finds it there, and the menu
(``frame.MENU``) shows it where a route has the entry's name:

    router = APIRouter()

    @router.get("/feeds", name="feeds")
    def feeds(desk: AtDesk, after: str = "") -> Response:
        page = pages_feeds.list_feeds(desk.context, after=read_key(after))
        return desk.render("feeds.html.j2", title="Feeds", page=page)

* ``AtDesk`` is whoever is logged in, with the app, the context and the time. Nobody comes as far as
  a page without having been let in: the whole application depends on ``who``.
* A handler is a plain ``def``: it runs in a thread, so that a query holds up nobody else.
* A page asks the database through a stage, which alone opens transactions; its queries are bounded
  by a key and a limit, or by a span with an index. No OFFSET and no COUNT(*) over articles.
* A list is paged by key: ``schemas.paging.Page``, ``store.paging.beyond``, ``web.paging``.
* An action is a POST whose handler takes ``Acting`` (``desk.py``): it is refused without a token of
  ours, from another origin, and to those who may only read. Its stage writes the audit row in the
  same transaction; ``desk.back("feeds", entry)`` then leads to the page, which tells the outcome.
* Nothing inline: the Content-Security-Policy allows styles and scripts of ours only, no ``style``
  attributes. Sizes in charts are attributes of SVG.
"""
