"""The spaCy pipeline of one language: a rule tokenizer, normal forms as NORM, our components.

What runs, and in which order, stands in ``pipeline.cfg``.
"""

import re
from collections.abc import Callable
from pathlib import Path

from spacy.attrs import (  # type: ignore[import-not-found]
    IS_PUNCT,
    IS_SPACE,
    LOWER,
    NORM,
)
from spacy.lang.lex_attrs import LEX_ATTRS
from spacy.lang.xx import MultiLanguage
from spacy.language import Language
from spacy.symbols import ORTH  # type: ignore[import-not-found]
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]
from spacy.util import (
    compile_infix_regex,
    compile_prefix_regex,
    compile_suffix_regex,
    registry,
)
from spacy.vocab import Vocab
from thinc.api import Config

from pipeline.assess.compiled import Compiled
from pipeline.assess.components import Published
from pipeline.assess.normalise import build_normaliser, fold

_ABBREVIATIONS = (
    "U.S.",
    "U.K.",
    "U.A.E.",
    "D.R.",
    "E.U.",
    "U.S.A.",
    "Dr.",
    "Mr.",
    "Mrs.",
    "Gov.",
    "Sen.",
)
_CONFIG = Path(__file__).parent / "pipeline.cfg"
_MAX_WORD = 60
_CACHED_WORDS = 30_000
"""Written words whose tokens are remembered; spaCy's 10,000 are full after a few thousand items."""


def build_nlp(compiled: Compiled, published: Published) -> Language:
    """Build the pipeline of ``pipeline.cfg``.

    The vocabulary's NORM is the lemma, computed once for each word form.
    """
    normalise = build_normaliser(compiled.language, compiled.words)

    def norm(word: str) -> str:
        return normalise(word) if len(word) <= _MAX_WORD else fold(word[:_MAX_WORD])

    getters = {LOWER: str.lower, NORM: norm}
    getters.update({flag: LEX_ATTRS[flag] for flag in (IS_PUNCT, IS_SPACE)})
    vocab = Vocab(lex_attr_getters=getters)
    config = Config().from_disk(_CONFIG)
    for component in config["components"].values():
        component["rules"] = published.key
    return MultiLanguage.from_config(config, vocab=vocab)


@registry.tokenizers("mineralwatch.Tokenizer.v1")  # type: ignore[untyped-decorator]
def make_tokenizer() -> Callable[[Language], Tokenizer]:
    """Make spaCy's rule tokenizer for news in any of the languages."""
    return _tokenizer


def _tokenizer(nlp: Language) -> Tokenizer:
    defaults = MultiLanguage.Defaults
    suffixes = [*(defaults.suffixes or ()), r"(?<=\d)(?:bn|mn|m|k|tn)"]
    infixes = [
        *(defaults.infixes or ()),
        r"(?<=\w)[/–—](?=\w)",
        r"(?<=\b[ldnsjcmtLDNSJCMT])'(?=\w)",
    ]
    return Tokenizer(
        nlp.vocab,
        rules={word: [{ORTH: word}] for word in _ABBREVIATIONS},
        prefix_search=compile_prefix_regex(defaults.prefixes or ()).search,
        suffix_search=compile_suffix_regex(suffixes).search,
        infix_finditer=compile_infix_regex(infixes).finditer,
        token_match=re.compile(r"^C5\+1$").match,
        max_cache_size=_CACHED_WORDS,
    )
