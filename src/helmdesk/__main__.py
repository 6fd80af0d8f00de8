"""``python -m helmdesk``."""

from helmdesk.cli.main import run

if __name__ == "__main__":
    run()
