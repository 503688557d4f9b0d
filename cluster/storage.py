"""Object storage that can be taken away: moto's S3 server behind a gateway that is killed, answers 503, or hangs.

    python -m cluster.storage <port> <port of the store>        the gateway; a line on standard input changes its mood

The store behind it keeps what it took: what goes in a real outage is the way to it, with whatever was under way.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cluster.processes import die_with_parent, free_ports

#: well: hands on; busy: 503 to whoever asks, and whoever was asking is cut off; hang: takes, and does not answer.
MOODS = ("well", "busy", "hang")

BUCKET = "night"

#: Folders of the bucket, by the setting that names them.
FOLDERS = {
    "CITYREPORTS_ARCHIVE_URL": "archive",
    "CITYREPORTS_STAGING_URL": "staging",
    "CITYREPORTS_PUBLISH_URL": "published",
}

_BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
_WORDS = b"<Error><Code>ServiceUnavailable</Code><Message>Please try again.</Message></Error>"

START_SECONDS = 60.0


class Gateway:
    """Hands bytes on between clients and the store, as its mood is."""

    def __init__(self, store: int) -> None:
        self._store = store
        self._mood = "well"
        self._awake = asyncio.Event()
        self._awake.set()
        self._open: set[asyncio.StreamWriter] = set()

    def become(self, mood: str) -> None:
        """Raises ValueError for a mood that there is not."""
        if mood not in MOODS:
            raise ValueError(mood)
        self._mood = mood
        if mood == "hang":
            self._awake.clear()
        else:
            self._awake.set()
        if mood == "busy":
            for writer in self._open:
                writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, to its end."""
        self._open.add(writer)
        try:
            await self._awake.wait()
            if self._mood == "busy":
                await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
                writer.write(_BUSY % (len(_WORDS), _WORDS))
                await writer.drain()
                return
            store_reader, store_writer = await asyncio.open_connection("127.0.0.1", self._store)
            try:
                ways = [self._hand_on(reader, store_writer), self._hand_on(store_reader, writer)]
                pumps = [asyncio.create_task(way) for way in ways]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
            finally:
                store_writer.close()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the client went, or the store: either sees that itself
        finally:
            self._open.discard(writer)
            writer.close()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            await self._awake.wait()
            writer.write(data)
            await writer.drain()


async def _gateway(port: int, store: int) -> None:
    gateway = Gateway(store)
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", port)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin.buffer
    )
    print("ready", flush=True)
    async with server:
        while line := await orders.readline():
            gateway.become(line.decode().strip())
            print("done", flush=True)


class Storage:
    """A store and the gateway to it; ``environment`` is what a night needs to work on it."""

    def __init__(self, folder: Path, mark: dict[str, str]) -> None:
        self._environment = {**os.environ, **mark}
        self._port, self._store_port = free_ports(2)
        self._log = (folder / "storage.log").open("ab")
        self._store = self._start("-c", f"from moto.server import main; main(['-p', '{self._store_port}'])")
        self._gateway: subprocess.Popen[str] | None = None
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self._store_port):
            if self._store.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"moto's server did not start: see {folder / 'storage.log'}")
            time.sleep(0.05)
        # Past the gateway: what is asked of the store itself is no part of the trial.
        self.client = self._client()
        self.client.create_bucket(Bucket=BUCKET)
        self.come_back()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._port}",
            "AWS_ACCESS_KEY_ID": "trials",
            "AWS_SECRET_ACCESS_KEY": "trials",
            "AWS_DEFAULT_REGION": "us-east-1",
            # Five, the default, makes each step of a night under an outage take minutes.
            "AWS_MAX_ATTEMPTS": "2",
            "no_proxy": "127.0.0.1",
            **{name: f"s3://{BUCKET}/{folder}" for name, folder in FOLDERS.items()},
        }

    @property
    def pids(self) -> list[int]:
        """The processes of both."""
        return [process.pid for process in (self._gateway, self._store) if process is not None]

    def _client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self._store_port}",
            aws_access_key_id="trials",
            aws_secret_access_key="trials",
            region_name="us-east-1",
        )

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if arguments[0] == "-m" else self._log,
            stderr=self._log,
            env=self._environment,
            preexec_fn=die_with_parent,
            text=True,
        )

    # --- outages --------------------------------------------------------------------------------------------

    def go(self, how: str) -> None:
        """Take it away: ``kill`` the gateway, or put it into a mood."""
        assert self._gateway is not None
        if how == "kill":
            self._gateway.kill()
            self._gateway.wait()
            return
        self._say(how)

    def come_back(self) -> None:
        """Let it be as it was."""
        if self._gateway is None or self._gateway.poll() is not None:
            self._gateway = self._start("-m", "cluster.storage", str(self._port), str(self._store_port))
            self._answer()
        else:
            self._say("well")

    def _say(self, mood: str) -> None:
        assert self._gateway is not None
        assert self._gateway.stdin is not None
        self._gateway.stdin.write(f"{mood}\n")
        self._gateway.stdin.flush()
        self._answer()

    def _answer(self) -> None:
        assert self._gateway is not None
        assert self._gateway.stdout is not None
        if not self._gateway.stdout.readline():
            raise RuntimeError("the gateway to the store died")

    # --- content --------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Names of all objects."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    def fill(self, home: Path) -> None:
        """Nothing but what a home holds in its folders: as if it had been kept here from the first."""
        from warehouse.manifest import manifest_of, read_manifest

        for key in self.names():
            self.client.delete_object(Bucket=BUCKET, Key=key)
        for folder in ("archive", "staging"):
            for path in sorted((home / folder).rglob("*")):
                name = path.relative_to(home)
                if path.is_file() and not {"_tmp", "_empty"} & set(name.parts):
                    self.client.upload_file(str(path), BUCKET, name.as_posix())
        published = home / "published" / "cityreports.duckdb"
        manifest = read_manifest(published)
        assert manifest is not None
        for path in (published.parent / manifest.file, manifest_of(published)):
            self.client.upload_file(str(path), BUCKET, path.relative_to(home).as_posix())

    def bring(self, folder: Path) -> None:
        """Copy all objects to a local folder, under their names."""
        for key in self.names():
            target = folder / key
            target.parent.mkdir(parents=True, exist_ok=True)
            self.client.download_file(BUCKET, key, str(target))

    def close(self) -> None:
        """End both processes."""
        for process in (self._gateway, self._store):
            if process is not None:
                process.kill()
                process.wait()
        self._log.close()


@contextlib.contextmanager
def puller(storage: Storage, torn: list[str]) -> Iterator[None]:
    """Pulls what is published in the store over and over meanwhile, as `cityreports pull` does; ``torn`` gets a line for
    each time that the manifest named a file that was not there, or not the one."""
    over = threading.Event()
    client = storage._client()

    def pull() -> None:
        whole: set[bytes] = set()
        while not over.wait(0.2):
            try:
                _pull(client, whole, torn)
            except Exception as error:
                torn.append(f"{type(error).__name__}: {error}")

    thread = threading.Thread(target=pull)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _pull(client: Any, whole: set[bytes], torn: list[str]) -> None:
    import hashlib

    from warehouse.manifest import Manifest, ManifestError

    folder = FOLDERS["CITYREPORTS_PUBLISH_URL"]
    data: bytes = client.get_object(Bucket=BUCKET, Key=f"{folder}/cityreports.duckdb.json")["Body"].read()
    if data in whole:
        return
    try:
        manifest = Manifest.from_bytes(data, folder)
    except ManifestError as error:
        torn.append(str(error))
        return
    body = client.get_object(Bucket=BUCKET, Key=f"{folder}/{manifest.file}")["Body"].read()
    if hashlib.sha256(body).hexdigest() != manifest.sha256:
        torn.append(f"{manifest.file}: not the file that its manifest describes")
        return
    whole.add(data)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_gateway(int(sys.argv[1]), int(sys.argv[2])))
