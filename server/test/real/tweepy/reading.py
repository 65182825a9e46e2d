"""Drives Parley with tweepy, unchanged: only its connections are led here (HTTPS_PROXY, REQUESTS_CA_BUNDLE)."""

import json
import os
import threading
import unittest

import tweepy

given = json.loads(os.environ["GIVEN"])
client = tweepy.Client(given["bearerToken"])


class Reading(unittest.TestCase):
    def test_logs_in_with_key_and_secret(self):
        handler = tweepy.OAuth2AppHandler(given["consumerKey"], given["consumerSecret"])
        self.assertEqual(handler._bearer_token, given["bearerToken"])

    def test_looks_up_posts_with_all_that_they_bring(self):
        one = client.get_tweet(
            given["quote"],
            expansions=["author_id", "referenced_tweets.id"],
            tweet_fields=["created_at", "public_metrics", "conversation_id"],
            user_fields=["created_at", "description", "public_metrics"],
        )
        self.assertEqual(one.data.text, "a quote")
        self.assertEqual(one.data.public_metrics["like_count"], 3)
        self.assertEqual(one.includes["users"][0].username, "alice")
        self.assertEqual(str(one.includes["tweets"][0].id), given["posts"][0])
        self.assertEqual(one.data.created_at.isoformat(), given["quoteTime"])

    def test_names_every_missing_id(self):
        several = client.get_tweets([given["posts"][0], 9, 10])
        self.assertEqual([str(post.id) for post in several.data], given["posts"][:1])
        self.assertEqual(sorted(error["resource_id"] for error in several.errors), ["10", "9"])
        users = client.get_users(usernames=["alice", "nobody"])
        self.assertEqual([user.username for user in users.data], ["alice"])
        self.assertEqual(users.errors[0]["value"], "nobody")

    def test_pages_through_a_search_and_a_timeline(self):
        found = tweepy.Paginator(client.search_recent_tweets, "coffee", max_results=10).flatten(limit=1000)
        self.assertEqual([str(post.id) for post in found], given["posts"])
        timeline = list(
            tweepy.Paginator(client.get_users_tweets, given["alice"], max_results=10).flatten(limit=1000)
        )
        self.assertEqual([str(post.id) for post in timeline], [given["quote"], *given["posts"]])
        archive = client.search_all_tweets("coffee", max_results=10)
        self.assertEqual(len(archive.data), 10)

    def test_counts(self):
        counts = client.get_recent_tweets_count("coffee", granularity="day")
        self.assertEqual(counts.meta["total_tweet_count"], len(given["posts"]))
        self.assertEqual(sum(day["tweet_count"] for day in counts.data), len(given["posts"]))

    def test_reads_who_follows(self):
        followers = list(
            tweepy.Paginator(client.get_users_followers, given["alice"], max_results=2).flatten(limit=100)
        )
        self.assertEqual([str(user.id) for user in followers], given["followers"])
        following = client.get_users_following(given["followers"][0])
        self.assertEqual([str(user.id) for user in following.data], [given["alice"]])

    def test_an_error_says_why(self):
        with self.assertRaises(tweepy.BadRequest) as caught:
            client.search_recent_tweets("coffee)")
        self.assertIn("missing EOF at", str(caught.exception))

    def test_a_full_window_is_too_many_requests(self):
        narrow = tweepy.Client(given["narrow"])
        narrow.get_user(username="alice")
        with self.assertRaises(tweepy.TooManyRequests) as caught:
            narrow.get_user(username="alice")
        self.assertEqual(caught.exception.response.headers["x-rate-limit-remaining"], "0")


class Listener(tweepy.StreamingClient):
    """Takes two posts, is cut off after the first and comes again by itself."""

    def __init__(self, bearer):
        super().__init__(bearer, max_retries=5)
        self.posts = []
        self.connects = 0
        self.keep_alives = 0
        self.arrived = threading.Condition()

    def on_connect(self):
        with self.arrived:
            self.connects += 1
            self.arrived.notify_all()

    def on_response(self, response):
        if response.data is None:  # an error inside the stream
            return
        with self.arrived:
            self.posts.append((response.data.text, [rule.tag for rule in response.matching_rules]))
            self.arrived.notify_all()

    def on_keep_alive(self):
        with self.arrived:
            self.keep_alives += 1
            self.arrived.notify_all()

    def wait(self, what):
        with self.arrived:
            if not self.arrived.wait_for(what, 30):
                raise AssertionError("nothing came within 30 s")


class Streaming(unittest.TestCase):
    def test_rules_keep_alive_and_a_new_connection_after_a_cut(self):
        stream = Listener(given["bearerToken"])
        added = stream.add_rules([tweepy.StreamRule("tea", tag="hot"), tweepy.StreamRule("has:links")])
        self.assertEqual([rule.value for rule in added.data], ["tea"])
        self.assertEqual(added.errors[0]["title"], "InvalidRule")
        again = stream.add_rules(tweepy.StreamRule("tea"))
        self.assertEqual(again.errors[0]["title"], "DuplicateRule")
        self.assertEqual([rule.tag for rule in stream.get_rules().data], ["hot"])

        thread = stream.filter(threaded=True)
        stream.wait(lambda: stream.connects == 1)
        tell("post a cup of tea")
        stream.wait(lambda: len(stream.posts) == 1)
        stream.wait(lambda: stream.keep_alives > 0)
        tell("cut")
        stream.wait(lambda: stream.connects == 2)
        tell("post more tea")
        stream.wait(lambda: len(stream.posts) == 2)
        stream.disconnect()
        tell("cut")
        thread.join(30)
        self.assertEqual(stream.posts, [("a cup of tea", ["hot"]), ("more tea", ["hot"])])
        rules = stream.get_rules().data
        self.assertEqual(stream.delete_rules([rule.id for rule in rules]).meta["summary"]["deleted"], 1)


def tell(order):
    """To the process that runs Parley: it answers when it is done."""
    print(order, flush=True)
    input()


if __name__ == "__main__":
    unittest.main()
