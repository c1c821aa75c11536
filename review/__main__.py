"""`python -m review plan.json`: the review of a plan, without anything else of this project."""

import sys

from review.cli import review
from review.plan import PlanError

import click


def main() -> None:
    """Run the command; every failure is one line on standard error."""
    try:
        review.main(prog_name="python -m review", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.UsageError as error:
        print(f"Error: {error.format_message()} (see `python -m review --help`)", file=sys.stderr)
        sys.exit(2)
    except (PlanError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
