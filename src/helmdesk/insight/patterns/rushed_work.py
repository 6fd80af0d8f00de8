"""Work is rushed: the same people who became faster have more of their tickets come back.

Asked of people only as a whole: who they are is not said. Without the last test every pair of this
kind would blame agents for a product bug.
"""

from helmdesk.insight.checks import Side, together
from helmdesk.insight.pattern import Pattern

pattern = Pattern(
    title="Handle time fell while reopens rose, in the same people",
    needs=("average_handle_time", "reopen_rate"),
    lever="coaching",
    act="Take the pressure off handle time in those teams, and read ten tickets that came back.",
    alternatives=(
        "easier and harder topics were dealt out anew between people",
        "a bug that hits the topics of the faster people",
    ),
    if_wrong="coaching people who did nothing wrong, and a lost month on the real cause",
    review=(
        "reopen_rate",
        6,
        "reopens stay up although handle time is back: then it was not haste",
    ),
    check=together(Side("average_handle_time", -1), Side("reopen_rate", 1), dose="agent"),
)
