"""tweepy's asynchronous client, which has its own way to send, sign, page and stream, on the platform of suite.py."""

import asyncio
import datetime
import json
import os
import unittest

import aiohttp
import requests
from tweepy import StreamRule, errors
from tweepy.asynchronous import AsyncClient, AsyncPaginator, AsyncStreamingClient

given = json.loads(os.environ["GIVEN"])
ME = int(given["me"])


def ids(response):
    return [str(one["id"]) for one in response.data or []]


class Asynchronous(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.client = AsyncClient(
            given["bearerToken"],
            given["consumerKey"],
            given["consumerSecret"],
            given["accessToken"],
            given["accessTokenSecret"],
        )
        self.person = AsyncClient(given["bearer"])
        self.narrow = AsyncClient(given["narrow"])
        for one in (self.client, self.person, self.narrow):
            one.session = aiohttp.ClientSession(trust_env=True)  # HTTPS_PROXY
            self.addAsyncCleanup(one.session.close)

    async def test_looks_up_and_names_what_is_missing(self):
        found = await self.client.get_tweets([given["announcement"], 9])
        self.assertEqual((ids(found), found.errors[0]["resource_id"]), ([given["announcement"]], "9"))
        found = await self.client.get_users(usernames=["Twitter", "nobody"])
        self.assertEqual((ids(found), found.errors[0]["value"]), ([given["twitter"]], "nobody"))

    async def test_pages(self):
        async def all_of(method, *args):
            pages = AsyncPaginator(method, *args, max_results=50)
            return [str(one.id) async for one in pages.flatten()]

        self.assertEqual(await all_of(self.client.search_recent_tweets, "Tweepy"), given["fresh"])
        self.assertEqual(await all_of(self.client.get_users_mentions, given["twitter"]), given["fresh"])
        for listing in (
            all_of(self.client.get_users_followers, given["jack"]),
            all_of(self.client.get_list_followers, given["parks"]),
            all_of(self.client.get_liking_users, given["jackPost"]),
        ):
            self.assertEqual(await listing, given["crowd"][::-1])

    async def test_counts(self):
        counts = await self.client.get_recent_tweets_count("Tweepy", granularity="minute")
        self.assertEqual(counts.meta["total_tweet_count"], len(given["fresh"]))

    async def test_signs_times_and_text_of_every_kind(self):
        start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=3)
        found = await self.client.search_recent_tweets(
            'Tweepy "asks @Twitter" (#data OR 日本 OR "a:b")', user_auth=True, start_time=start, max_results=100
        )
        self.assertEqual(ids(found), given["fresh"][:100])

    async def test_acts_for_a_person(self):
        self.assertEqual((await self.client.get_me()).data.id, ME)
        made = (await self.client.create_tweet(text="wait for me ⌛", reply_settings="mentionedUsers")).data
        self.assertTrue((await self.client.like(made["id"])).data["liked"])
        self.assertEqual(ids(await self.client.get_liked_tweets(ME)), [made["id"]])
        self.assertTrue((await self.client.retweet(made["id"])).data["retweeted"])
        self.assertTrue((await self.person.bookmark(made["id"])).data["bookmarked"])
        self.assertEqual(ids(await self.person.get_bookmarks()), [made["id"]])
        self.assertTrue((await self.client.delete_tweet(made["id"])).data["deleted"])
        self.assertIsNone((await self.person.get_bookmarks()).data)

        made = (await self.client.create_list("Test List", private=True)).data["id"]
        self.assertTrue((await self.client.add_list_member(made, given["support"])).data["is_member"])
        self.assertEqual(ids(await self.client.get_list_members(made, user_auth=True)), [given["support"]])
        self.assertTrue((await self.client.delete_list(made)).data["deleted"])

    async def test_an_error_has_its_status_and_words(self):
        with self.assertRaises(errors.BadRequest) as caught:
            await self.client.search_recent_tweets("(Tweepy")
        self.assertIn("expecting ')'", str(caught.exception))
        with self.assertRaises(errors.Unauthorized):
            wrong = AsyncClient("wrong")
            wrong.session = self.client.session
            await wrong.get_tweet(9)
        with self.assertRaises(errors.NotFound):
            await self.client.search_spaces("Twitter")

    async def test_a_full_window(self):
        await self.narrow.get_users(ids=[12])
        with self.assertRaises(errors.TooManyRequests) as caught:
            await self.narrow.get_users(ids=[12])
        self.assertEqual(caught.exception.response.headers["x-rate-limit-remaining"], "0")

    async def test_a_stream_brings_what_matches_and_comes_again_when_it_was_ended(self):
        rules = AsyncStreamingClient(given["bearerToken"])
        rules.session = self.client.session
        stream = Listener(given["bearerToken"])
        added = await rules.add_rules([StreamRule("asynchronous", tag="ours")])
        task = stream.filter()
        await stream.until(lambda: stream.connects == 1)
        bring("asynchronous one")
        await stream.until(lambda: len(stream.posts) == 1)
        end = requests.delete(
            "https://api.twitter.com/2/connections/all",
            headers={"Authorization": f"Bearer {given['bearerToken']}"},
        )
        self.assertEqual(end.json()["data"]["successful_kills"], 1)
        await stream.until(lambda: stream.connects == 2)
        bring("asynchronous two")
        await stream.until(lambda: len(stream.posts) == 2)
        stream.disconnect()
        await task
        self.assertEqual(stream.posts, [("asynchronous one", ["ours"]), ("asynchronous two", ["ours"])])
        self.assertEqual([error["disconnect_type"] for error in stream.ends], ["OperationalDisconnect"])
        deleted = await rules.delete_rules([rule.id for rule in added.data])
        self.assertEqual(deleted.meta["summary"]["deleted"], 1)


class Listener(AsyncStreamingClient):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.session = aiohttp.ClientSession(trust_env=True)
        self.posts, self.ends, self.connects = [], [], 0
        self.news = asyncio.Event()

    async def until(self, what):
        async with asyncio.timeout(30):
            while not what():
                await self.news.wait()
                self.news.clear()

    async def on_connect(self):
        self.connects += 1
        self.news.set()

    async def on_errors(self, given_errors):
        self.ends += given_errors

    async def on_response(self, response):
        if response.data is None:
            return
        self.posts.append((response.data.text, [rule.tag for rule in response.matching_rules]))
        self.news.set()


def bring(text):
    """The platform's own backend tells of a new post."""
    now = datetime.datetime.now(datetime.timezone.utc)
    line = {
        "id": str((int(now.timestamp() * 1000) - 1288834974657 << 22) + 77),
        "text": text,
        "author_id": given["jack"],
        "created_at": now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
    }
    reply = requests.post(
        "https://api.twitter.com/v1/posts",
        data=json.dumps(line).encode(),
        headers={"Authorization": f"Bearer {given['operatorToken']}", "Content-Type": "application/x-ndjson"},
    )
    assert reply.json()["status"] == "created", reply.text


if __name__ == "__main__":
    unittest.main()
