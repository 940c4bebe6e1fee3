"""``python -m mixtrove`` is the ``mixtrove`` command."""

from mixtrove.cli import main

if __name__ == "__main__":
    main(prog_name="mixtrove")
