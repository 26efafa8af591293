"""One module a page, each with a ``router``; what a page looks like: pipeline.web."""
