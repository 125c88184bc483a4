"""
What a client costs at least: an aiohttp loop that asks TGI's /generate and appends each answer to a JSONL file.
Nothing is checked, retried, kept for a restart or accounted for.

    python benchmarks/bare_loop.py URL ROWS CONCURRENCY OUT
"""

import asyncio
import json
import sys
from pathlib import Path

import aiohttp


async def run(url: str, rows: int, concurrency: int, out: Path) -> None:
    """Ask for that many rows, so many at a time."""
    numbers = iter(range(rows))
    with out.open("w", encoding="utf-8") as file:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def work() -> None:
                for number in numbers:
                    parameters = {"max_new_tokens": 64, "do_sample": True, "seed": number, "details": True}
                    payload = {"inputs": f"Write a row, number {number}.", "parameters": parameters}
                    async with session.post(f"{url}/generate", json=payload) as response:
                        answer = await response.json()
                    file.write(json.dumps({"id": number, "text": answer["generated_text"]}) + "\n")

            await asyncio.gather(*(work() for _ in range(concurrency)))


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])))
