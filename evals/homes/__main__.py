"""`python -m evals.homes --data DIR`: the scores of the understanding alone, as JSON."""

import argparse
import json
import sys
from pathlib import Path

from .dialogues import read_homes
from .predictions import predict, write_predictions
from .score import score


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.homes")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--predictions", type=Path)
    arguments = parser.parse_args()
    homes = read_homes(arguments.data)
    predictions = list(predict(homes))
    if arguments.predictions:
        write_predictions(arguments.predictions, predictions)
    sys.stdout.write(json.dumps(score(homes, predictions).report(), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
