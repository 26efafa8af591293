"""Reading an article against the thesis with spaCy: relevance, themes, stage and the rest."""
