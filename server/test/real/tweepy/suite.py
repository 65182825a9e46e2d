"""The calls of tweepy's own suite, on the persons, posts and lists that it names, with what has to come back."""

import json
import os
import unittest

import requests
import tweepy

given = json.loads(os.environ["GIVEN"])
ME = int(given["me"])
TWITTER = int(given["twitter"])
SUPPORT = int(given["support"])
client = tweepy.Client(
    given["bearerToken"],
    given["consumerKey"],
    given["consumerSecret"],
    given["accessToken"],
    given["accessTokenSecret"],
)
# Bookmarks are X's for OAuth 2.0 alone; tweepy takes a person's token where it has the app's.
person = tweepy.Client(given["bearer"])


def ids(response):
    return [str(one["id"]) for one in response.data or []]


class Posts(unittest.TestCase):
    def test_bookmarks(self):
        post = given["bookmarkAnnouncement"]
        self.assertTrue(person.bookmark(post).data["bookmarked"])
        self.assertEqual(ids(person.get_bookmarks()), [post])
        self.assertFalse(person.remove_bookmark(post).data["bookmarked"])
        self.assertIsNone(person.get_bookmarks().data)

    def test_hides_a_reply(self):
        self.assertTrue(client.hide_reply(given["reply"]).data["hidden"])
        self.assertFalse(client.unhide_reply(given["reply"]).data["hidden"])

    def test_likes(self):
        post = given["announcement"]
        self.assertEqual(ids(client.get_liking_users(post)), [given["twitter"]])
        self.assertTrue(client.like(post).data["liked"])
        self.assertEqual(ids(client.get_liking_users(post)), [given["me"], given["twitter"]])
        self.assertFalse(client.unlike(post).data["liked"])
        self.assertEqual(ids(client.get_liked_tweets(TWITTER)), [post])
        pages = tweepy.Paginator(client.get_liking_users, given["jackPost"], max_results=50)
        self.assertEqual([str(user.id) for user in pages.flatten()], given["crowd"][::-1])

    def test_creates_and_deletes(self):
        made = client.create_tweet(text="Test Tweet").data
        self.assertEqual(client.get_tweet(made["id"]).data.text, "Test Tweet")
        self.assertTrue(client.delete_tweet(made["id"]).data["deleted"])
        self.assertIsNone(client.get_tweet(made["id"]).data)

    def test_quotes(self):
        quotes = client.get_quote_tweets(given["announcement"], tweet_fields=["author_id"])
        self.assertEqual([post.author_id for post in quotes.data], [SUPPORT])

    def test_reposts(self):
        post = given["retweetAnnouncement"]
        self.assertTrue(client.retweet(post).data["retweeted"])
        self.assertEqual(ids(client.get_retweeters(post)), [given["me"], given["support"]])
        self.assertFalse(client.unretweet(post).data["retweeted"])
        self.assertEqual(ids(client.get_retweeters(post)), [given["support"]])

    def test_searches(self):
        self.assertEqual(ids(client.search_recent_tweets("Tweepy")), given["fresh"][:10])
        patient = tweepy.Client(given["bearerToken"], wait_on_rate_limit=True)
        for _page in range(2):  # one archive search a second: it waits as long as it is told
            self.assertEqual(ids(patient.search_all_tweets("Tweepy")), given["fresh"][:10])
        whole = tweepy.Paginator(client.search_recent_tweets, "Tweepy", max_results=50).flatten()
        self.assertEqual([str(post.id) for post in whole], given["fresh"])

    def test_reads_timelines(self):
        self.assertEqual(ids(client.get_users_mentions(TWITTER)), given["fresh"][:10])
        mine = client.get_users_tweets(TWITTER).data
        self.assertEqual([post.text for post in mine], ["we hear you"])
        client.get_home_timeline()

    def test_counts(self):
        for count in (client.get_recent_tweets_count, client.get_all_tweets_count):
            counts = count("Tweepy")
            self.assertEqual(counts.meta["total_tweet_count"], len(given["fresh"]))
            self.assertEqual(sum(bucket["tweet_count"] for bucket in counts.data), len(given["fresh"]))

    def test_looks_up(self):
        both = [given["announcement"], given["apiAnnouncement"]]
        self.assertEqual(client.get_tweet(both[0]).data.text, "The new API is here")
        self.assertEqual(ids(client.get_tweets(both)), both)


class There(requests.adapters.HTTPAdapter):
    """As docs/guides/clients.md shows it: another address, and X's name as it was signed."""

    def send(self, request, **kwargs):
        request.headers["Host"] = "api.twitter.com"
        request.url = request.url.replace("https://api.twitter.com", given["address"], 1)
        return super().send(request, **kwargs)


class WithoutProxy(unittest.TestCase):
    def test_an_adapter_leads_here(self):
        client.session.trust_env = False  # no HTTPS_PROXY
        client.session.verify = os.environ["REQUESTS_CA_BUNDLE"]
        client.session.mount("https://api.twitter.com", There())
        self.addCleanup(client.session.mount, "https://api.twitter.com", requests.adapters.HTTPAdapter())
        self.addCleanup(setattr, client.session, "trust_env", True)
        self.assertEqual(client.get_user(username="Twitter").data.id, TWITTER)
        self.assertEqual(client.get_me().data.id, ME)


class Persons(unittest.TestCase):
    def test_follows(self):
        self.assertTrue(client.follow_user(SUPPORT).data["following"])
        self.assertIn(given["me"], ids(client.get_users_followers(SUPPORT)))
        self.assertFalse(client.unfollow_user(SUPPORT).data["following"])
        self.assertEqual(ids(client.get_users_followers(TWITTER)), [given["jack"]])
        self.assertEqual(ids(client.get_users_following(TWITTER)), [given["support"]])

    def test_mutes_and_blocks(self):
        self.assertTrue(client.mute(SUPPORT).data["muting"])
        self.assertEqual(ids(client.get_muted()), [given["support"]])
        self.assertFalse(client.unmute(SUPPORT).data["muting"])
        self.assertTrue(client.block(SUPPORT).data["blocking"])
        self.assertEqual(ids(client.get_blocked()), [given["support"]])
        self.assertFalse(client.unblock(SUPPORT).data["blocking"])

    def test_looks_up(self):
        self.assertEqual(client.get_user(username="Twitter").data.id, TWITTER)
        self.assertEqual(ids(client.get_users(usernames=["Twitter", "TwitterDev"])), [given["twitter"], given["dev"]])
        self.assertEqual(client.get_me().data.username, "TweepyDev")
        narrow = tweepy.Client(given["narrow"])
        narrow.get_tweets([9])
        with self.assertRaises(tweepy.TooManyRequests) as caught:
            narrow.get_tweets([9])
        self.assertEqual(caught.exception.response.headers["x-rate-limit-remaining"], "0")

    def test_writes_messages(self):
        harmon, public = int(given["harmon"]), int(given["harmonPublic"])
        first = client.create_direct_message(participant_id=public, text="Testing 1").data
        pair = first["dm_conversation_id"]
        client.create_direct_message(dm_conversation_id=pair, text="Testing 2")
        group = client.create_direct_message_conversation(text="Testing", participant_ids=[harmon, public]).data
        texts = [event.text for event in client.get_dm_events().data if event.text]
        self.assertEqual(texts, ["Testing", "Testing 2", "Testing 1"])
        for events in (
            client.get_dm_events(dm_conversation_id=pair),
            client.get_dm_events(participant_id=public),
        ):
            self.assertEqual([event.text for event in events.data], ["Testing 2", "Testing 1"])
        with_joins = client.get_dm_events(dm_conversation_id=group["dm_conversation_id"])
        self.assertEqual({event.event_type for event in with_joins.data}, {"MessageCreate", "ParticipantsJoin"})

    def test_spaces_are_outside(self):
        for ask in (
            lambda: client.search_spaces("Twitter"),
            lambda: client.get_spaces(ids=["1YpKkzBgBlVxj"]),
            lambda: client.get_spaces(user_ids=[2328002822]),
            lambda: client.get_space("1YpKkzBgBlVxj"),
        ):
            with self.assertRaises(tweepy.NotFound):
                ask()


class Lists(unittest.TestCase):
    def test_reads(self):
        official = given["official"]
        self.assertEqual(client.get_list(official).data.name, "Official Twitter Accounts")
        members = [given["api"], given["dev"], given["support"]]
        self.assertEqual(ids(client.get_list_members(official)), members)
        authors = client.get_list_tweets(official, tweet_fields=["author_id"]).data
        self.assertEqual({str(post.author_id) for post in authors}, set(members))
        self.assertEqual(ids(client.get_list_followers(official)), [given["news"]])
        self.assertEqual(ids(client.get_followed_lists(given["news"])), [official])
        self.assertEqual(ids(client.get_owned_lists(TWITTER)), [official])
        self.assertEqual(ids(client.get_list_memberships(TWITTER)), [given["parks"]])

    def test_follows(self):
        self.assertTrue(client.follow_list(given["parks"]).data["following"])
        self.assertFalse(client.unfollow_list(given["parks"]).data["following"])

    def test_makes_pins_changes_and_deletes(self):
        made = client.create_list("Test List", private=True).data["id"]
        self.assertTrue(client.add_list_member(made, TWITTER).data["is_member"])
        self.assertTrue(client.pin_list(made).data["pinned"])
        self.assertEqual(ids(client.get_pinned_lists()), [made])
        self.assertFalse(client.remove_list_member(made, TWITTER).data["is_member"])
        self.assertFalse(client.unpin_list(made).data["pinned"])
        self.assertTrue(client.update_list(made, description="Test List Description").data["updated"])
        self.assertTrue(client.delete_list(made).data["deleted"])


class Compliance(unittest.TestCase):
    def test_asks_about_posts_in_a_job_and_reads_the_result(self):
        self.assertIsNone(client.get_compliance_jobs("users").data)
        gone = client.create_tweet(text="soon gone").data["id"]
        client.delete_tweet(gone)
        job = client.create_compliance_job("tweets", name="ours").data
        self.assertEqual(job["status"], "created")
        asked = f"{given['announcement']}\n{gone}\n"
        put = requests.put(job["upload_url"], data=asked, headers={"Content-Type": "text/plain"})
        self.assertEqual(put.status_code, 200)
        while (found := client.get_compliance_job(job["id"]).data)["status"] != "complete":
            self.assertIn(found["status"], ("created", "in_progress"))
        result = requests.get(found["download_url"])
        self.assertEqual(
            [(line["id"], line["action"], line["reason"]) for line in map(json.loads, result.iter_lines())],
            [(gone, "delete", "deleted")],
        )
        self.assertEqual(ids(client.get_compliance_jobs("tweets")), [job["id"]])


if __name__ == "__main__":
    unittest.main()
