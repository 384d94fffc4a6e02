"""``python -m stancebank``: the command line."""

from stancebank.cli import main

main()
