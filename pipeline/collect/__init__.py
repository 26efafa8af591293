"""From a feed due to articles: schedule, fetch, parse, identify. No database."""
