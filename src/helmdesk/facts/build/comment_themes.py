"""What a survey comment is mostly about: a first sorting by words, in English, for shares of many
comments rather than for one.

The themes are the levers of support. A comment belongs to the first theme whose words it holds;
what names a matter comes before what praises or blames in general. Comments without any such words
are "other".
"""

from helmdesk.facts.build.fact import Dimension

THEMES = {
    "delivery": (
        r"deliver|shipping|shipment|shipped|courier|parcel|package|arriv|pick ?up|lost in (the"
        r" )?(post|mail)"
    ),
    "billing": (
        r"refund|billing|billed|invoice|charged|overcharg|payment|price|pricing|expensive|too much"
        r" money|subscription fee|costs? too"
    ),
    "product": (
        r"\bbugs?\b|buggy|crash|glitch|does(n'?t| not) work|not working|stopped"
        r" working|broken|defect|damaged|faulty|product quality|poor quality"
        r"|\boutage|\bslow app|missing feature|features?\b|new version|last update|wrong"
        r" (product|item)"
    ),
    "access": (
        r"log ?in|sign ?in|password|locked out|account access|cannot access|can'?t"
        r" access|two.factor|verification code"
    ),
    "policy": r"policy|policies|terms and conditions|not allowed|return window|warranty|\brules?\b",
    "transfer": (
        r"transferr?ed|passed (around|on)|another (agent|department|person)|different"
        r" (agent|person|people)|pillar to post"
        r"|repeat(ed|ing)? (myself|everything|the same)|explain(ed|ing)? (again|everything again)"
    ),
    "wait": (
        r"wait(ed|ing)?\b|on hold|took (too |so |very )?long|\blate reply|slow(ly)?"
        r" (response|reply|to)|too slow|\bdelay|hours? (for|to get)|days (for|to get)|no"
        r" (reply|response|answer)|respond(ed)? late"
    ),
    "not resolved": (
        r"not (yet )?(been )?(re)?solved|unsolved|unresolved|still"
        r" (not|no|have|having|waiting|broken)|no solution|not fixed|did(n'?t| not)"
        r" (help|solve|resolve|fix)|never (solved|fixed|resolved)|no help|not"
        r" helpful|unhelpful|problem (remains|persists)"
    ),
    "wrong answer": (
        r"wrong (answer|information|info|advice)|incorrect|misinformed|misleading|false"
        r" (information|promise)|contradict|did(n'?t| not) (know|understand)|no"
        r" knowledge|\bli(ed|ar|es)\b|\bfake\b"
    ),
    "effort": (
        r"complicated|difficult|too many (steps|questions|forms)|hard to"
        r" (find|reach|use|get)|confusing|had to (call|contact|write|ask)"
        r" (again|twice|several|many)|again and again|several times|many times|\bforms? to fill"
    ),
    "tone": (
        r"\brude|impolite|unfriendly|arrogant|disrespect|attitude|unprofessional|misbehav|shout(ed|ing)|\btone\b|hung"
        r" up|ignor(ed|ant)"
    ),
    "praise": (
        r"thank|great|excellent|amazing|awesome|perfect|\bgood\b|very nice|\bnice\b|helpful"
        r"|friendly|polite|professional|\bfast\b|quick(ly)?\b|\bbest\b|love|happy|satisfied"
        r"|well done|wonderful|superb|patient"
    ),
}
# What support does itself, and what it can only report.
OF_SERVICE = ("transfer", "wait", "not resolved", "wrong answer", "effort", "tone")
OF_PRODUCT = ("delivery", "billing", "product", "access", "policy")


def _sql() -> str:
    cases = " ".join(
        f"when regexp_matches(lower(comment), '{words.replace(chr(39), chr(39) * 2)}') then"
        f" '{theme}'"
        for theme, words in THEMES.items()
    )
    return f"case when comment is null or trim(comment) = '' then null {cases} else 'other' end"


COMMENT_THEME = Dimension(
    "comment_theme",
    _sql(),
    "what the comment is mostly about, by its words (English); none without a comment",
)
