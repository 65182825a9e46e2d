"""Runs the calls that /docs shows against stand-ins that bind their arguments to tweepy's real signatures, and do nothing else."""

import base64
import inspect
import io
import json
import os

import tweepy


class Bound:
    def __init__(self, kind):
        self._kind = kind

    def __getattr__(self, name):
        signature = inspect.signature(getattr(self._kind, name))
        return lambda *given, **named: signature.bind(None, *given, **named)


names = {
    "client": Bound(tweepy.Client),
    "stream": Bound(tweepy.StreamingClient),
    "api": Bound(tweepy.API),
    "tweepy": tweepy,
    "base64": base64,
    "open": lambda *given: io.BytesIO(b"x"),
}
for code in json.loads(os.environ["GIVEN"])["examples"]:
    assert isinstance(eval(code, names), inspect.BoundArguments), code
