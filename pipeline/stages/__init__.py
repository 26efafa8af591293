"""What each stage does: read what is pending, call pure code, write. Transactions open only here.

    poll ──▶ article rows ──▶ assess ──▶ readings ──▶ link ──▶ stories, timeline, alerts, outbox
                                                                        │
    digest ──▶ edition, outbox ◀── upkeep forgets what is old           └──▶ deliver ──▶ channels

What is pending is derived from rows, so any stage may be run again at any time.
"""
