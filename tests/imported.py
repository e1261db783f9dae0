"""What the processes of the portal import, ready for those that are forked (tests/processes.py)."""

from importlib import import_module

from sqlalchemy.orm import configure_mappers

from tests import compiled

for _module in (
    "gunicorn.app.wsgiapp",
    "portal.web_worker",
    "portal.setup",
    "workers.queues",
    "workers.schedule",
    "workers.supervision",
):
    import_module(_module)

configure_mappers()
compiled.share()
