"""What a message does, by its words: thanks, complains again, asks, promises. A first sorting in
four languages, for what becomes likely rather than for what is certain.
"""

from helmdesk.quoting import text

THANKS = (
    r"\bthank|\bthx\b|\bcheers\b|works now|working now|that (did it|helped|worked)|all good"
    r"|\bdanke|\bmerci\b|\bgracias\b"
)
TROUBLE = (
    r"\bstill\b|not (yet )?work|(does|do|did|is|has)n'?t (work|help)|no longer work"
    r"|same (problem|issue|error)|(happen\w*|fail\w*|crash\w*|broke\w*|down|stopp\w*|once|yet)"
    r" again|third time|second time|immer noch|noch immer|schon wieder"
    r"|funktioniert (immer noch )?nicht|toujours (pas|le)|encore une fois|sigue sin|no funciona"
    r"|otra vez"
)
ASKS = r"[?]"
PROMISES = (
    r"\b(i|we)('ll| will| shall)\b|get back to you|keep you (posted|updated|informed)|will be"
    r" (fixed|resolved|refunded|sent)|looking into|melden uns|melde mich|k(ü|ue)mmer"
    r"|nous allons|je vais|revenons vers|vamos a|le informaremos"
)
CUES = {
    "says_thanks": THANKS,
    "says_trouble": TROUBLE,
    "asks": ASKS,
    "promises": PROMISES,
}
"""Columns of `messages`, with the words each looks for."""


def is_said(column: str, words: str) -> str:
    """Return house SQL of whether a text holds one of some words; null without a text."""
    return f"regexp_matches(lower(nullif(trim({column}), '')), {text(words)})"
