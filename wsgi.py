"""The application that the web server runs."""

import gc

from sqlalchemy.orm import configure_mappers

from portal import create_app

app = create_app()

# The server forks after this: what is ready now, and left alone by the collector, stays shared by its processes.
configure_mappers()
gc.collect()
gc.freeze()
