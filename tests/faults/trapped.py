"""The portal's own processes, with traps: gunicorn's application, or `python -m tests.faults.trapped charges`."""

from tests.faults.traps import watch_every_point

watch_every_point()

if __name__ == "__main__":
    from workers.__main__ import main

    main()
else:
    from wsgi import app

    __all__ = ["app"]
