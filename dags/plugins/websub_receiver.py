"""The WebSub receiver in Airflow's api-server, below /websub.

Every process of Airflow loads its plugins; only the api-server answers hubs, and only where a
callback is set. It is open to strangers, as hubs have no login: a callback is a secret of its own.
"""

import sys
from pathlib import Path
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/websub"
ASSET = "articles"


def serves() -> bool:
    """Whether this process is an api-server that hubs may call."""
    if "api-server" not in sys.argv:
        return False
    from pipeline.settings import load_settings

    return load_settings().websub_callback_url is not None


def build() -> Any:
    """The receiver; settings and database are opened at the first request."""
    from pipeline import log
    from pipeline.receiver.application import build_receiver

    log.configure(to_stderr=False)
    return build_receiver(_open, on_new=wake)


def _open() -> Any:
    sys.path.append(str(Path(__file__).parents[1]))
    from _settings import settings

    from pipeline.app import open_app

    return open_app(settings())


def wake(count: int) -> None:
    """Wake the DAGs that wait for articles, as a poll that found some does.

    Raises:
        SQLAlchemyError: Airflow's database cannot be used; assess_articles then goes by its clock.
    """
    from airflow.assets.manager import asset_manager
    from airflow.models.asset import AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        asset = session.scalar(select(AssetModel).where(AssetModel.name == ASSET))
        if asset is not None:  # no DAG file was read yet
            asset_manager.register_asset_change(
                asset=asset, extra={"count": count, "by": "websub"}, session=session
            )


class WebSubReceiverPlugin(AirflowPlugin):
    """Mounts the receiver."""

    name = "mineralwatch_websub_receiver"
    fastapi_apps = (
        [{"app": build(), "url_prefix": PREFIX, "name": "mineralwatch websub"}] if serves() else []
    )
