"""Starts the sandbox: `python -m sandbox`."""

import asyncio
import contextlib
import errno
import gc
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox import options
from sandbox.app import build
from sandbox.core import Sandbox
from sandbox.journal import InUse


class Protocol(HttpToolsProtocol):
    """Hands the transport to the application, which can then lose an answer on purpose."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"sandbox.transport": self.transport}  # type: ignore[dict-item]


class Server(uvicorn.Server):
    """Stops at the first signal, live streams and held calls included, with exit code 0."""

    sandbox: Sandbox

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sig, self._leave)
        yield

    def _leave(self) -> None:
        self.should_exit = True
        self.sandbox.stop()


def listen(given: options.Options) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((given.host, given.port))
        sock.listen(1024)
    except OSError as error:
        sock.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise SystemExit(
            f"Port {given.port} is taken: stop what uses it, or set SANDBOX_PORT to another one."
        ) from error
    return sock


async def run(given: options.Options, sock: socket.socket) -> None:
    sandbox = Sandbox(given)
    config = uvicorn.Config(
        build(sandbox),
        http=Protocol,
        ws="none",
        access_log=False,
        log_level="warning",
        # As long as Meta keeps them: a caller's pool should not find its connections cut.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
        server_header=False,
        proxy_headers=False,
    )
    server = Server(config)
    server.sandbox = sandbox
    host, port = sock.getsockname()[:2]
    sys.stdout.write(f"Sandbox ready on http://{host}:{port}/\n")
    sys.stdout.flush()
    await server.serve(sockets=[sock])


def main() -> None:
    try:
        given = options.read(sys.argv[1:])
    except options.Missing as error:
        raise SystemExit(str(error)) from error
    sock = listen(given)
    # Messages are kept for good: scanning all of them again and again would only cost time.
    gc.set_threshold(50_000, 20, 100)
    try:
        uvloop.run(run(given, sock))
    except InUse as error:
        raise SystemExit(
            f"Another sandbox already uses {error}: stop it, or set SANDBOX_STATE to another "
            "directory."
        ) from error


if __name__ == "__main__":
    main()
