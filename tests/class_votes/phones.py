"""Many phones in one process, which think before they answer: started by test_load.py beside the server.

    python tests/class_votes/phones.py PORT ROOM KEY PHONES THINK_S

Each has a loopback address of its own, as in a network, and one connection, which now and then drops. On stdout: JSON with
the milliseconds of each vote, from the first byte sent to the last received, and what each voter had acknowledged.
"""

import asyncio
import json
import random
import sys
import time

JOIN_S = 8.0  # within which all of a class have joined
DROPS = 0.02  # of answers, before which a connection drops


class Phone:
    def __init__(self, number: int, port: int, room: str) -> None:
        self.port, self.room, self.secret, self.voter = port, room, "", ""
        self.source = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.took: list[float] = []
        self.kept: list[tuple[int, int]] = []

    async def send(self, path: str, body: dict, head: str = "") -> tuple[int, dict]:
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(
                "127.0.0.1", self.port, local_addr=(self.source, 0)
            )
        sent = json.dumps(body)
        self.writer.write(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(sent)}\r\nX-Voter: {self.secret}\r\n{head}\r\n{sent}".encode()
        )
        headers = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(headers.partition("content-length: ")[2].partition("\r\n")[0])
        answer = json.loads(await self.reader.readexactly(length))
        if "connection: close" in headers:
            self.drop()
        return int(headers.split(" ", 2)[1]), answer

    def drop(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None

    async def vote_through(self, think: float, begin: float, chance: random.Random) -> None:
        """Join and answer until nothing is asked, thinking between half and one and a half `think` seconds."""
        await asyncio.sleep(begin)
        status, said = await self.send("/join", {"room": self.room})
        assert status == 200, said
        self.secret, self.voter = said["secret"], said["voter"]
        status, said = await self.send("/next", {"room": self.room})
        while asked := said.get("asked"):
            await asyncio.sleep(think * (0.5 + chance.random()))
            if chance.random() < DROPS:
                self.drop()
            body = {"room": self.room, "round": asked["round"], "pair": asked["pair"], "ms": 900}
            began = time.perf_counter()
            status, said = await self.send("/vote", body | {"choice": chance.choice(["left", "right"])})  # fmt: skip
            self.took.append(1000 * (time.perf_counter() - began))
            assert status == 200, said
            self.kept.append((asked["round"], asked["pair"]))
        self.drop()


async def board(teacher: Phone, key: str) -> None:
    """The page on the wall: it asks for the numbers every three seconds."""
    while True:
        status, said = await teacher.send("/teacher", {"do": "board"}, f"X-Teacher: {key}\r\n")
        assert status == 200, said
        await asyncio.sleep(3)


async def main(port: int, room: str, key: str, phones: int, think: float) -> None:
    teacher, chance = Phone(0, port, room), random.Random(0)
    await teacher.send("/teacher", {"do": "open"}, f"X-Teacher: {key}\r\n")
    wall = asyncio.create_task(board(teacher, key))
    all_ = [Phone(number, port, room) for number in range(1, phones + 1)]
    spread = min(JOIN_S, 6 * think)
    await asyncio.gather(
        *(p.vote_through(think, spread * chance.random(), random.Random(i)) for i, p in enumerate(all_))
    )  # fmt: skip
    wall.cancel()
    teacher.drop()
    print(json.dumps({"ms": [ms for p in all_ for ms in p.took], "kept": {p.voter: p.kept for p in all_}}))  # fmt: skip


if __name__ == "__main__":
    _, given_port, given_room, given_key, given_phones, given_think = sys.argv
    asyncio.run(main(int(given_port), given_room, given_key, int(given_phones), float(given_think)))
