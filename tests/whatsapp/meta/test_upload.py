"""Files to Meta: what leaves, how much of it is in memory, and what a lost answer means."""

import io
import tracemalloc
from email.message import Message
from email.parser import BytesParser

import pytest
import responses
from requests import PreparedRequest

from whatsapp.meta.client import GraphClient
from whatsapp.meta.errors import GraphError, NotSent
from whatsapp.meta.multipart import Multipart

ADDRESS = "https://graph.example/v26.0/106540352242922/media"
PDF = b"%PDF-1.7\r\n--a line that looks like a boundary\r\n" * 3000


def upload(client: GraphClient, file: io.BytesIO, filename: str = "Offer letter.pdf") -> str:
    return client.upload_media(
        "106540352242922", file=file, mime_type="application/pdf", filename=filename
    )


def parts(request: PreparedRequest) -> list[Message]:
    body = request.body
    assert isinstance(body, bytes)  # read by `responses`
    assert int(request.headers["Content-Length"]) == len(body)
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    return BytesParser().parsebytes(head + body).get_payload()  # type: ignore[return-value]


def test_a_file_goes_whole_with_its_type_and_name(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    graph.post(ADDRESS, json={"id": 1234})
    assert upload(client, io.BytesIO(PDF), 'Angebot "München"\r\n.pdf') == "1234"
    product, kind, file = parts(graph.calls[0].request)
    assert product.get_payload() == "whatsapp" and kind.get_payload() == "application/pdf"
    assert (file.get_payload(decode=True), file.get_content_type()) == (PDF, "application/pdf")
    assert b"\r\n" not in str(file["Content-Disposition"]).encode()


def test_a_file_of_100_mb_never_stands_in_memory() -> None:
    class Zeros(io.RawIOBase):
        left = 100 * 1024 * 1024

        def seek(self, offset: int, whence: int = 0) -> int:
            return 100 * 1024 * 1024

        def read(self, size: int = -1) -> bytes:
            given = min(size, self.left)
            self.left -= given
            return bytes(given)

    form = Multipart({}, file=Zeros(), mime_type="video/mp4", filename="film.mp4", seconds=60.0)
    tracemalloc.start()
    sent = sum(len(chunk) for chunk in form)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent == len(form) > 100 * 1024 * 1024
    assert most < 1024 * 1024


def test_another_try_sends_the_file_from_its_beginning(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    sent: list[bytes] = []

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        assert isinstance(request.body, bytes)
        sent.append(request.body)
        return (503, {}, "") if len(sent) == 1 else (200, {}, '{"id":"7"}')

    graph.add_callback(responses.POST, ADDRESS, callback=answer)
    assert upload(client, io.BytesIO(PDF)) == "7"
    assert len(sent) == 2 and all(PDF in body for body in sent)


@pytest.mark.parametrize("body", ["", "[]", "{}", "<html>"])
def test_a_file_that_was_not_taken_for_certain_means_that_nothing_has_left(
    client: GraphClient, graph: responses.RequestsMock, body: str
) -> None:
    graph.post(ADDRESS, body=body)
    with pytest.raises(NotSent) as caught:
        upload(client, io.BytesIO(PDF))
    assert caught.value.transient


def test_a_file_that_meta_refuses_says_why(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    graph.post(ADDRESS, status=400, json={"error": {"code": 131053, "message": "(#131053) no"}})
    with pytest.raises(GraphError) as caught:
        upload(client, io.BytesIO(PDF))
    assert caught.value.code == 131053 and not caught.value.transient


def test_an_upload_that_drips_is_given_up(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    form = Multipart({}, file=io.BytesIO(PDF), mime_type="a/b", filename="a", seconds=-1.0)
    with pytest.raises(TimeoutError):
        list(form)
