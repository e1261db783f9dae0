"""The floor: the least Flask that does what a step of the wizard does.

A Flask-Login user loaded from the database, one query, one partial through Jinja; on POST a change and its commit.
Served by the same gunicorn with the same settings, on a database with the same engine settings, as the portal.
`python -m benchmarks.floor` makes its tables and `PEOPLE` people with a purchase each.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, redirect, render_template, request, url_for
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.wrappers import Response

from portal.setup import _engine_options

PEOPLE = 8


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)
login_manager = LoginManager()


class User(UserMixin, Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Purchase(Base):
    __tablename__ = "purchases"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(index=True)
    names: Mapped[str]
    surnames: Mapped[str]
    document: Mapped[str]
    birth_date: Mapped[str]
    share: Mapped[str]


@login_manager.user_loader
def load_user(user_id: str) -> User | None:
    return db.session.get(User, int(user_id))


def create_app(database_url: str) -> Flask:
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="only for measuring",
        SQLALCHEMY_DATABASE_URI=database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(database_url),  # so that they stay the same
    )
    db.init_app(app)
    login_manager.init_app(app)
    if database_url.startswith("sqlite"):
        with app.app_context():
            event.listen(db.engine, "connect", _as_the_portal)

    @app.get("/entrar/<int:user_id>")
    def enter(user_id: int) -> str:
        login_user(db.session.get_one(User, user_id))
        return ""

    @app.get("/compras/<int:purchase_id>")
    @login_required
    def show(purchase_id: int) -> str:
        return render_template("step.html", purchase=_own(purchase_id))

    @app.post("/compras/<int:purchase_id>")
    @login_required
    def save(purchase_id: int) -> Response:
        purchase = _own(purchase_id)
        for name in ("names", "surnames", "document", "birth_date", "share"):
            setattr(purchase, name, request.form[name])
        db.session.commit()
        return redirect(url_for("show", purchase_id=purchase_id), 303)

    return app


def _own(purchase_id: int) -> Purchase:
    query = db.select(Purchase).where(Purchase.id == purchase_id, Purchase.user_id == current_user.id)
    found: Purchase = db.session.scalars(query).one()
    return found


def _as_the_portal(connection: Any, _record: object) -> None:
    """The portal's settings of SQLite that cost time (portal/models/transaction.py)."""
    for setting in ("busy_timeout = 15000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")


def wsgi() -> Flask:
    """What gunicorn starts."""
    return create_app(os.environ["DATABASE_URL"])


if __name__ == "__main__":
    floor = wsgi()
    with floor.app_context():
        db.create_all()
        for number in range(1, PEOPLE + 1):
            db.session.add(User(id=number, name=f"Juana {number}"))
            db.session.add(
                Purchase(
                    id=number, user_id=number, names="Rosa", surnames="Quispe Mamani", document="60000001",
                    birth_date="09/03/2001", share="100",
                )
            )  # fmt: skip
        db.session.commit()
