"""Whether a request left or not, against real sockets: the difference decides on sending again."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from whatsapp.meta.client import GraphClient
from whatsapp.meta.errors import AnswerLost, NotSent
from whatsapp.meta.payloads import text_message
from whatsapp.meta.transport import new_session

OK = b'{"messages":[{"id":"wamid.A"}]}'
Answer = Callable[[socket.socket], None]


def request(connection: socket.socket) -> bytes:
    """One whole request, head and body; nothing once the caller has gone."""
    raw = b""
    while chunk := connection.recv(65536):
        raw += chunk
        head, _, body = raw.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        if length and len(body) >= int(length[1]):
            break
    return raw


@contextmanager
def server(answer: Answer) -> Iterator[tuple[str, list[bytes]]]:
    """Listens on this machine, reads each request, and lets `answer` do what it likes."""
    got: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                got.append(request(connection))
                answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", got
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def send(base_url: str, *, timeouts: tuple[float, float] = (1.0, 5.0)) -> str:
    client = GraphClient("EAAtoken", base_url=base_url, version="v26.0", timeouts=timeouts)
    return client.send_message("1", text_message("+254722555014", "Good morning")).wamid


def whole(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body),
        body,
    )


def test_an_ordinary_answer() -> None:
    with server(lambda connection: connection.sendall(whole(OK))) as (url, got):
        assert send(url) == "wamid.A"
    assert b"Bearer EAAtoken" in got[0]


def test_a_refused_connection_means_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotSent) as caught:
        send(f"http://127.0.0.1:{port}")
    assert caught.value.transient and str(port) not in str(caught.value)


def test_an_unknown_host_means_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_host(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    with pytest.raises(NotSent):
        send("http://graph.invalid")


def test_a_connection_that_never_stands_means_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", too_slow)
    with pytest.raises(NotSent):
        send("http://127.0.0.1:1")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda connection: None, id="closed without a word"),
        pytest.param(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\n"), id="closed in the headers"),
        pytest.param(lambda c: c.sendall(whole(OK)[:-9]), id="closed in the body"),
        pytest.param(lambda c: c.sendall(b"garbage\r\n\r\n"), id="not HTTP"),
    ],
)
def test_a_connection_that_breaks_after_the_request_means_the_answer_is_lost(
    answer: Answer,
) -> None:
    with server(answer) as (url, got), pytest.raises(AnswerLost):
        send(url)
    assert len(got) == 1


def test_silence_after_the_request_means_the_answer_is_lost() -> None:
    release = threading.Event()

    def say_nothing(_: socket.socket) -> None:
        release.wait(5)

    with server(say_nothing) as (url, got):
        with pytest.raises(AnswerLost) as caught:
            send(url, timeouts=(1.0, 0.2))
        release.set()
    assert len(got) == 1 and not caught.value.transient
    assert "127.0.0.1" not in str(caught.value)


def test_an_answer_that_drips_is_not_waited_for_for_ever() -> None:
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\nConnection: close\r\n\r\n"
        try:
            connection.sendall(head)
            while not stop.wait(0.05):
                connection.sendall(b" ")
        except OSError:
            return

    with server(drip) as (url, _):
        with pytest.raises(AnswerLost):
            send(url, timeouts=(1.0, 0.3))
        stop.set()


def test_an_untrusted_certificate_means_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def untrusted(*_: object, **__: object) -> None:
        raise requests.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed"))

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", untrusted)
    with pytest.raises(NotSent):
        send("https://127.0.0.1:1")


def test_a_broken_tls_stream_means_the_answer_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise requests.exceptions.SSLError("unexpected eof")

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", broken)
    with pytest.raises(AnswerLost):
        send("https://127.0.0.1:1")


def test_an_older_failure_that_is_being_handled_does_not_make_a_lost_answer_unsent() -> None:
    with server(lambda connection: None) as (url, _), pytest.raises(AnswerLost):
        try:
            raise ConnectionRefusedError
        except ConnectionRefusedError:
            send(url)


def test_a_request_that_can_never_be_made_is_not_worth_another_try() -> None:
    with pytest.raises(NotSent) as caught:
        send("no-scheme")
    assert not caught.value.transient


def test_one_connection_serves_many_calls() -> None:
    calls = 5

    def keep_alive(connection: socket.socket) -> None:
        answer = whole(OK).replace(b"Connection: close\r\n", b"")
        for _ in range(calls):
            connection.sendall(answer)
            if not request(connection):
                return

    with server(keep_alive) as (url, connections), requests.Session() as session:
        client = GraphClient("EAAtoken", base_url=url, version="v26.0", session=session)
        for _ in range(calls):
            client.send_message("1", text_message("+254722555014", "Good morning"))
    assert len(connections) == 1


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda connection: connection.sendall(whole(OK))) as (url, got):
        monkeypatch.setenv("http_proxy", url)
        monkeypatch.delenv("no_proxy", raising=False)
        assert send("http://graph.invalid") == "wamid.A"
    assert got[0].startswith(b"POST http://graph.invalid/v26.0/1/messages ")


def test_a_pool_that_was_given_up_is_looked_up_anew() -> None:
    with server(lambda connection: connection.sendall(whole(OK))) as (url, got):
        session = new_session()
        client = GraphClient("EAAtoken", base_url=url, version="v26.0", session=session)
        for _ in range(2):
            client.send_message("1", text_message("+254722555014", "Good morning"))
            session.close()
    assert len(got) == 2
