"""Yes and no, as databases, scripts and people write them.

A word outside both lists is neither: it goes to quarantine with its reason. An empty cell says
nothing; each source decides, and documents, what a field without a word means.
"""

from __future__ import annotations

from helmdesk.quoting import text

# Without accents and in lower case: English, German, French, Spanish, Italian, Portuguese, Dutch,
# the Nordic languages, Polish, Czech, Turkish, Finnish, Russian, Japanese, Chinese; 1.0 is what
# pandas makes of a 1.
YES = (
    "true",
    "t",
    "1",
    "1.0",
    "yes",
    "y",
    "on",
    "b'1'",
    "ja",
    "j",
    "oui",
    "o",
    "si",
    "s",
    "sim",
    "tak",
    "ano",
    "evet",
    "kylla",
    "да",
    "はい",
    "是",
    "wahr",
    "vrai",
    "verdadero",
    "verdadeiro",
    "vero",
    "waar",
    "sant",
    "prawda",
    "истина",
    "checked",
    "enabled",
)
NO = (
    "false",
    "f",
    "0",
    "0.0",
    "no",
    "n",
    "off",
    "b'0'",
    "nein",
    "non",
    "nao",
    "nee",
    "nej",
    "nei",
    "nie",
    "ne",
    "hayır",
    "hayir",
    "ei",
    "нет",
    "いいえ",
    "否",
    "falsch",
    "faux",
    "falso",
    "onwaar",
    "falskt",
    "usann",
    "falsz",
    "fałsz",
    "ложь",
    "unchecked",
    "disabled",
)


def flag(cell: str) -> str:
    """Return SQL giving the yes or no of text `cell`; null when it is empty or neither."""
    yes, no = (", ".join(text(word) for word in words) for words in (YES, NO))
    word = f"strip_accents(lower(trim({cell})))"
    return f"case when {word} in ({yes}) then true when {word} in ({no}) then false end"


def flag_fault(cell: str) -> str:
    """Return SQL giving the reason why `cell`, not empty, is no yes or no; null when it is one."""
    return (
        f"case when nullif(trim({cell}), '') is not null and ({flag(cell)}) is null then 'neither"
        " yes nor no' end"
    )
