"""Which articles tell the same story.

text ─┬─ fingerprint ─┐
      ├─ dates ───────┼─ profile ─┬─ keys ─────────────── an index finds candidates
      └─ words ───────┘           └─ features ─ match ─── one of them is chosen, or none
places (a gazetteer) fills ClusterDocument.places · stream does it all with no database
evaluate says how good it is
"""
