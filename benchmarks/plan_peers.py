"""What other libraries say and how long they take; run by `plan.py` in an environment of theirs.

plan_peers.py staffing|mstl INPUT.json -> JSON on stdout.
"""

import json
import sys
import time
import warnings
from pathlib import Path


def staffing(asked):
    """Erlang C of each interval: people and seconds by pyworkforce (0.5.1 has no Erlang A)."""
    from pyworkforce.queuing import ErlangC

    began, people = time.process_time(), []
    for contacts in asked["contacts"]:
        queue = ErlangC(
            transactions=contacts,
            aht=asked["handle"] / 60,
            interval=15,
            asa=asked["within"] / 60,
            shrinkage=0.0,
        )
        people.append(queue.required_positions(service_level=asked["level"])["raw_positions"])
    return {"people": people, "seconds": time.process_time() - began}


def mstl(asked):
    """Forecasts of the next open days by MSTL with exponential smoothing of the trend."""
    import numpy as np
    from statsforecast.models import MSTL, AutoETS

    days = np.array(asked["days"])
    each = days.shape[1]
    made, seconds = [], []
    for known, ahead in asked["origins"]:
        model = MSTL(season_length=[each, 5 * each], trend_forecaster=AutoETS(model="ZZN"))
        began = time.process_time()
        found = model.forecast(days[:known].ravel(), h=ahead * each)["mean"]
        seconds.append(time.process_time() - began)
        made.append(np.maximum(found, 0).reshape(ahead, each).tolist())
    return {"forecasts": made, "seconds": seconds}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    given = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    print(json.dumps({"staffing": staffing, "mstl": mstl}[sys.argv[1]](given)))
