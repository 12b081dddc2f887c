"""The web process: threads, because views wait for PostgreSQL.

One view waits for Meta: the return from the login, which exchanges its code and reads the token.
"""

import gc
from typing import Any

from config import env

bind = f"{env.text('WEB_HOST', '0.0.0.0')}:{env.integer('WEB_PORT', 8000)}"
workers = env.integer("WEB_CONCURRENCY", 2)
threads = env.integer("WEB_THREADS", 8)
timeout = 30
graceful_timeout = 10
# A worker's heartbeat file belongs in memory: on a slow disk it looks dead.
worker_tmp_dir = "/dev/shm" if env.flag("WEB_SHM", False) else None
# Only on a developer's machine: code is read again when it changes.
reload = env.flag("WEB_RELOAD", False)
# Nobody runs gunicornc here, and two instances of one person would share the socket's path.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """What is loaded by now stays: the garbage collector need not walk through it again and again,
    which it would between requests."""
    gc.collect()
    gc.freeze()
