"""Where each agreement stands, and what said so."""
