"""Acts and reads for a person, signed by OAuth 1.0a, as tweepy's own suite does, on the persons and posts that it names."""

import json
import os
import tempfile
import unittest
import urllib.parse

import tweepy

given = json.loads(os.environ["GIVEN"])
ME = int(given["me"])
TOKEN_URL = "https://api.twitter.com/2/oauth2/token"
keys = (given["consumerKey"], given["consumerSecret"], given["accessToken"], given["accessTokenSecret"])
client = tweepy.Client(given["bearerToken"], *keys)
# tweepy gives a person's OAuth 2.0 token where it has the app's own.
person = tweepy.Client(given["bearer"])


class Persons(unittest.TestCase):
    def test_says_who_it_is(self):
        self.assertEqual(client.get_me().data.username, "TweepyDev")
        self.assertEqual(person.get_me(user_auth=False).data.id, ME)

    def test_creates_replies_quotes_polls_and_deletes(self):
        made = client.create_tweet(text="Test Tweet & more").data
        self.assertEqual(made["edit_history_tweet_ids"], [made["id"]])
        answer = client.create_tweet(text="an answer", in_reply_to_tweet_id=made["id"]).data
        quote = client.create_tweet(text="a quote", quote_tweet_id=made["id"]).data
        poll = client.create_tweet(text="tea?", poll_options=["yes", "no"], poll_duration_minutes=60).data
        found = client.get_tweets(
            [answer["id"], quote["id"], poll["id"]],
            tweet_fields=["referenced_tweets", "conversation_id", "in_reply_to_user_id"],
            expansions=["attachments.poll_ids"],
        )
        self.assertEqual(found.data[0].referenced_tweets[0].type, "replied_to")
        self.assertEqual(found.data[0].in_reply_to_user_id, ME)
        self.assertEqual(str(found.data[0].conversation_id), made["id"])
        self.assertEqual(found.data[1].referenced_tweets[0].type, "quoted")
        self.assertEqual([option["label"] for option in found.includes["polls"][0].options], ["yes", "no"])
        quotes = client.get_quote_tweets(made["id"], user_auth=True)
        self.assertEqual([str(post.id) for post in quotes.data], [quote["id"]])
        with self.assertRaises(tweepy.Forbidden):
            client.create_tweet(text="Test Tweet & more")
        for one in (answer, quote, poll, made):
            self.assertTrue(client.delete_tweet(one["id"]).data["deleted"])
        self.assertEqual(client.get_tweet(made["id"]).errors[0]["title"], "Not Found Error")

    def test_hides_and_shows_a_reply(self):
        self.assertTrue(client.hide_reply(given["reply"]).data["hidden"])
        self.assertFalse(client.unhide_reply(given["reply"]).data["hidden"])

    def test_likes(self):
        self.assertTrue(client.like(given["announcement"]).data["liked"])
        likers = client.get_liking_users(given["announcement"], user_auth=True)
        self.assertEqual([user.id for user in likers.data], [ME])
        self.assertEqual([user.id for user in client.get_liking_users(given["announcement"]).data], [ME])
        self.assertEqual(
            [str(post.id) for post in client.get_liked_tweets(ME).data], [given["announcement"]]
        )
        self.assertEqual(
            client.get_tweet(given["announcement"], tweet_fields=["public_metrics"]).data.public_metrics[
                "like_count"
            ],
            4,
        )
        self.assertFalse(client.unlike(given["announcement"]).data["liked"])
        self.assertIsNone(client.get_liking_users(given["announcement"], user_auth=True).data)

    def test_reposts(self):
        self.assertTrue(client.retweet(given["announcement"]).data["retweeted"])
        again = client.get_retweeters(given["announcement"]).data
        self.assertEqual([user.id for user in again], [ME])
        self.assertFalse(client.unretweet(given["announcement"]).data["retweeted"])

    def test_bookmarks(self):
        self.assertTrue(person.bookmark(given["announcement"]).data["bookmarked"])
        self.assertEqual([str(post.id) for post in person.get_bookmarks().data], [given["announcement"]])
        self.assertFalse(person.remove_bookmark(given["announcement"]).data["bookmarked"])

    def test_follows_mutes_and_blocks(self):
        other = int(given["support"])
        self.assertTrue(client.follow_user(other).data["following"])
        self.assertEqual([user.id for user in client.get_users_following(ME).data], [other])
        self.assertEqual([user.id for user in client.get_users_followers(other).data], [ME])
        home = client.get_home_timeline(max_results=10)
        self.assertIn(given["supportPost"], [str(post.id) for post in home.data])
        self.assertTrue(client.mute(other).data["muting"])
        self.assertEqual([user.id for user in client.get_muted().data], [other])
        self.assertNotIn(given["supportPost"], [str(post.id) for post in client.get_home_timeline().data or []])
        self.assertFalse(client.unmute(other).data["muting"])
        self.assertFalse(client.unfollow_user(other).data["following"])
        self.assertTrue(client.block(other).data["blocking"])
        self.assertEqual([user.id for user in client.get_blocked().data], [other])
        self.assertFalse(client.unblock(other).data["blocking"])

    def test_keeps_a_private_list(self):
        made = client.create_list("Test List", private=True).data
        member = int(given["support"])
        self.assertTrue(client.add_list_member(made["id"], member).data["is_member"])
        self.assertTrue(client.pin_list(made["id"]).data["pinned"])
        self.assertEqual([one.name for one in client.get_pinned_lists().data], ["Test List"])
        self.assertEqual([user.id for user in client.get_list_members(made["id"], user_auth=True).data], [member])
        posts = client.get_list_tweets(made["id"], user_auth=True)
        self.assertEqual([str(post.id) for post in posts.data], [given["supportPost"]])
        # Nobody else hears of it.
        self.assertIsNone(client.get_list(made["id"]).data)
        self.assertTrue(client.update_list(made["id"], description="Test List Description").data["updated"])
        self.assertFalse(client.remove_list_member(made["id"], member).data["is_member"])
        self.assertFalse(client.unpin_list(made["id"]).data["pinned"])
        self.assertTrue(client.delete_list(made["id"]).data["deleted"])

    def test_reads_and_follows_somebody_elses_list(self):
        their = int(given["list"])
        self.assertEqual(client.get_list(their, list_fields=["member_count"]).data.member_count, 1)
        self.assertTrue(client.follow_list(their).data["following"])
        self.assertEqual([user.id for user in client.get_list_followers(their).data], [ME])
        self.assertEqual([one.id for one in client.get_followed_lists(ME).data], [str(their)])
        self.assertFalse(client.unfollow_list(their).data["following"])
        self.assertEqual([one.id for one in client.get_owned_lists(int(given["twitter"])).data], [str(their)])
        self.assertEqual(
            [one.id for one in client.get_list_memberships(int(given["support"])).data], [str(their)]
        )

    def test_writes_to_one_and_to_several(self):
        first = client.create_direct_message(participant_id=int(given["support"]), text="Testing 1").data
        client.create_direct_message(dm_conversation_id=first["dm_conversation_id"], text="Testing 2")
        client.create_direct_message_conversation(
            text="Testing", participant_ids=[int(given["support"]), int(given["twitter"])]
        )
        texts = [event.text for event in client.get_dm_events(dm_event_fields=["text"]).data]
        self.assertEqual([text for text in texts if text], ["Testing", "Testing 2", "Testing 1"])
        of_two = client.get_dm_events(dm_conversation_id=first["dm_conversation_id"])
        self.assertEqual(len(of_two.data), 2)
        self.assertEqual(len(client.get_dm_events(participant_id=int(given["support"])).data), 2)

    def test_uploads_a_picture_with_alt_text(self):
        api = tweepy.API(tweepy.OAuth1UserHandler(*keys))
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(bytes.fromhex(given["png"]))
            file.flush()
            media = api.media_upload(file.name)
            chunked = api.media_upload(file.name, chunked=True, media_category="tweet_image")
        api.create_media_metadata(media.media_id, "a small square")
        made = client.create_tweet(text="look", media_ids=[media.media_id, chunked.media_id]).data
        found = client.get_tweet(
            made["id"], expansions=["attachments.media_keys"], media_fields=["alt_text", "url", "width"]
        )
        self.assertEqual(found.includes["media"][0].alt_text, "a small square")
        self.assertEqual(found.includes["media"][0].width, 8)
        self.assertEqual(len(found.includes["media"]), 2)

    def test_asks_about_posts_in_a_job(self):
        made = client.create_compliance_job("tweets").data
        self.assertEqual(client.get_compliance_job(made["id"]).data["status"], "created")
        self.assertEqual([job["id"] for job in client.get_compliance_jobs("tweets").data], [made["id"]])
        import requests

        put = requests.put(made["upload_url"], data="9\n", headers={"Content-Type": "text/plain"})
        self.assertEqual(put.status_code, 200)

    def test_a_wrong_secret_and_a_scope_that_is_missing_are_refused(self):
        wrong = tweepy.Client(None, *keys[:3], "wrong")
        with self.assertRaises(tweepy.Unauthorized):
            wrong.get_me()
        with self.assertRaises(tweepy.Forbidden):
            tweepy.Client(given["readOnlyBearer"]).create_tweet(text="no", user_auth=False)

    def test_what_is_outside_is_not_found(self):
        with self.assertRaises(tweepy.NotFound):
            client.search_spaces("Twitter")


class SigningIn(unittest.TestCase):
    def test_three_legs_by_pin(self):
        handler = tweepy.OAuth1UserHandler(given["consumerKey"], given["consumerSecret"], callback="oob")
        pin = ask(f"pin {handler.get_authorization_url()}")
        token, secret = handler.get_access_token(pin)
        self.assertTrue(token.startswith(f"{ME}-"))
        signed = tweepy.Client(None, given["consumerKey"], given["consumerSecret"], token, secret)
        self.assertEqual(signed.get_me().data.id, ME)

    def test_three_legs_by_callback(self):
        handler = tweepy.OAuth1UserHandler(
            given["consumerKey"], given["consumerSecret"], callback=given["redirect"]
        )
        back = ask(f"callback {handler.get_authorization_url(signin_with_twitter=True)}")
        answer = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)
        self.assertEqual(answer["oauth_token"], [handler.request_token["oauth_token"]])
        token, secret = handler.get_access_token(answer["oauth_verifier"][0])
        signed = tweepy.Client(None, given["consumerKey"], given["consumerSecret"], token, secret)
        self.assertEqual(signed.get_me().data.id, ME)

    def test_pkce(self):
        handler = tweepy.OAuth2UserHandler(
            client_id=given["clientId"],
            redirect_uri=given["redirect"],
            scope=["tweet.read", "users.read", "offline.access"],
        )
        back = ask(f"callback {handler.get_authorization_url()}")
        tokens = handler.fetch_token(back)
        self.assertEqual(tokens["token_type"], "bearer")
        self.assertIn("refresh_token", tokens)
        self.assertEqual(tweepy.Client(tokens["access_token"]).get_me(user_auth=False).data.id, ME)
        # A public client has to say who it is: X asks for it, and the session does not do it by itself.
        again = handler.refresh_token(TOKEN_URL, refresh_token=tokens["refresh_token"], client_id=given["clientId"])
        self.assertNotEqual(again["access_token"], tokens["access_token"])
        self.assertEqual(tweepy.Client(again["access_token"]).get_me(user_auth=False).data.id, ME)

    def test_pkce_of_a_client_with_a_secret(self):
        handler = tweepy.OAuth2UserHandler(
            client_id=given["secretive"]["clientId"],
            client_secret=given["secretive"]["clientSecret"],
            redirect_uri=given["redirect"],
            scope=["tweet.read", "users.read", "offline.access"],
        )
        tokens = handler.fetch_token(ask(f"callback {handler.get_authorization_url()}"))
        again = handler.refresh_token(TOKEN_URL, refresh_token=tokens["refresh_token"], auth=handler.auth)
        self.assertEqual(tweepy.Client(again["access_token"]).get_me(user_auth=False).data.id, ME)


def ask(order):
    """Asks the process that runs Parley, which is the person with the browser."""
    print(order, flush=True)
    return input()


if __name__ == "__main__":
    unittest.main()
