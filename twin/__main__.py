"""`python -m twin` is the command line."""

from twin.cli import main

main()
