"""The application that the web server runs."""

from portal import create_app

app = create_app()
