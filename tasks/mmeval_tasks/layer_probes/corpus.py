"""A corpus without a download: short news of eight topics from one grammar, so that length does not tell the topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

TOPICS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "sport": (
        ("the striker", "the goalkeeper", "the young sprinter", "the home team"),
        ("won the final", "scored twice", "missed the cup match", "broke a record"),
        ("stadium", "league", "coach", "season"),
    ),
    "weather": (
        ("heavy rain", "a cold front", "the first storm", "thick fog"),
        ("reached the coast", "flooded the valley", "cooled the plains", "hid the hills"),
        ("clouds", "wind", "degrees", "forecast"),
    ),
    "markets": (
        ("the share index", "the oil price", "a large bank", "the bond market"),
        ("fell by a tenth", "gained on profits", "raised its dividend", "lost its rally"),
        ("investors", "trading", "bonds", "earnings"),
    ),
    "politics": (
        ("the minister", "the senate", "the opposition leader", "the new mayor"),
        ("signed the treaty", "lost the vote", "rejected the bill", "called an election"),
        ("parliament", "voters", "coalition", "campaign"),
    ),
    "science": (
        ("the telescope", "a physics team", "the research probe", "a chemist"),
        ("found a planet", "measured the particle", "mapped the comet", "tested the theory"),
        ("laboratory", "experiment", "galaxy", "molecules"),
    ),
    "health": (
        ("the hospital", "a new vaccine", "the surgeon", "the clinic"),
        ("cured the patients", "lowered the fever", "treated the virus", "passed a trial"),
        ("doctors", "nurses", "symptoms", "medicine"),
    ),
    "traffic": (
        ("the night train", "a lorry", "the ring road", "the ferry"),
        ("blocked the tunnel", "left the rails", "closed two lanes", "arrived very late"),
        ("drivers", "bridge", "platform", "junction"),
    ),
    "culture": (
        ("the orchestra", "a young painter", "the museum", "the film director"),
        ("opened the festival", "sold a portrait", "played the opera", "won the prize"),
        ("audience", "gallery", "stage", "novel"),
    ),
}
_TIMES = ("On Monday", "Last night", "This morning", "At noon", "On Friday", "Yesterday")
_PLACES = ("in the north", "near the border", "in the old town", "by the river", "in the capital")
_REACTIONS = (
    "people spoke of the {} for hours",
    "all eyes were on the {} after that",
    "nobody had seen the {} like this before",
    "the {} will be the talk of the week",
)
_ENDINGS = ("More is expected soon.", "Details were few.", "Reports will follow.", "It was a long day.")


def passages(seed: int, per_topic: int) -> Iterator[tuple[str, str]]:
    """(topic, passage), topics in turn; no passage twice. There are thousands per topic."""
    random = Random(seed)
    seen: set[str] = set()
    for _ in range(per_topic):
        for topic in TOPICS:
            text = _passage(topic, random)
            while text in seen:
                text = _passage(topic, random)
            seen.add(text)
            yield topic, text


def _passage(topic: str, random: Random) -> str:
    actors, events, things = TOPICS[topic]
    return (
        f"{random.choice(_TIMES)}, {random.choice(actors)} {random.choice(events)} {random.choice(_PLACES)}, "
        f"and {random.choice(_REACTIONS).format(random.choice(things))}. {random.choice(_ENDINGS)}"
    )
