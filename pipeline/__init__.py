"""How mineralwatch works: collect, assess, cluster, keep, notify (see docs/why.md)."""
