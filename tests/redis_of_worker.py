"""Gives each xdist worker a Redis database of its own.

A plugin, because it has to act before Django reads its settings, which is before any conftest.
"""

import os

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
# Only in a process that has not been given its own yet.
if os.environ.get("REDIS_OF_WORKER") != str(_worker):
    _server = os.environ["REDIS_URL"].rsplit("/", 1)[0]
    os.environ["REDIS_URL"] = f"{_server}/{_worker + 1}"
    os.environ["REDIS_OF_WORKER"] = str(_worker)
