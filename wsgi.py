"""The application that the web server runs. What it does before its processes begin: gunicorn.conf.py."""

from portal import create_app

app = create_app()
