"""
What twarc2 itself would not show when it fails. This asks as it does: every field on every call, its two names for a page's token, its
way to a token, and what it takes for granted of answers, errors, streams and jobs.
"""

import datetime
import json
import os
import time
import unittest

import requests
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth1Session, OAuth2Session

given = json.loads(os.environ["GIVEN"])
API = "https://api.twitter.com/2"
UTC = datetime.timezone.utc

EXPANSIONS = (
    "author_id in_reply_to_user_id referenced_tweets.id referenced_tweets.id.author_id entities.mentions.username "
    "attachments.poll_ids attachments.media_keys geo.place_id edit_history_tweet_ids"
)
FIELDS = {
    "user.fields": "created_at description entities id location name pinned_tweet_id profile_image_url protected "
    "public_metrics url username verified verified_type withheld",
    "tweet.fields": "attachments author_id context_annotations conversation_id created_at entities geo id "
    "in_reply_to_user_id lang public_metrics text possibly_sensitive referenced_tweets reply_settings source withheld "
    "edit_controls edit_history_tweet_ids",
    "media.fields": "alt_text duration_ms height media_key preview_image_url type url width variants public_metrics",
    "poll.fields": "duration_minutes end_datetime id options voting_status",
    "place.fields": "contained_within country country_code full_name geo id name place_type",
    "list.fields": "id name owner_id created_at member_count follower_count private description",
}


def fields(*kinds):
    return {f"{kind}.fields": FIELDS[f"{kind}.fields"].replace(" ", ",") for kind in kinds}


OF_POSTS = {"expansions": EXPANSIONS.replace(" ", ","), **fields("tweet", "user", "media", "poll", "place")}
OF_PERSONS = {"expansions": "pinned_tweet_id", **fields("tweet", "user")}
OF_LISTS = {"expansions": "owner_id", **fields("list", "user")}


def log_in():
    session = OAuth2Session(client=BackendApplicationClient(client_id=given["consumerKey"]))
    session.fetch_token(
        token_url="https://api.twitter.com/oauth2/token",
        client_id=given["consumerKey"],
        client_secret=given["consumerSecret"],
    )
    return session


app = log_in()


def get(path, params, session=app):
    reply = session.get(f"{API}{path}", params=params, timeout=(3.05, 31))
    if reply.status_code == 429:  # it sleeps until the window is over: here that may be a second, for the archive's has one
        assert reply.headers["x-rate-limit-remaining"] == "0", reply.headers
        time.sleep(max(0, int(reply.headers["x-rate-limit-reset"]) - time.time()) + 0.1)
        reply = session.get(f"{API}{path}", params=params, timeout=(3.05, 31))
    reply.raise_for_status()
    return reply.json()


def pages(path, params, token_name):
    """Every page, as its paginator asks for them: `meta.next_token` under one of two names."""
    page = get(path, params)
    yield page
    while "next_token" in page.get("meta", {}):
        page = get(path, {**params, token_name: page["meta"]["next_token"]})
        yield page


def all_ids(path, params, token_name="pagination_token"):
    return [one["id"] for page in pages(path, params, token_name) for one in page.get("data", [])]


def batches(numbers):
    numbers = [str(number) for number in numbers]
    return [",".join(numbers[at : at + 100]) for at in range(0, len(numbers), 100)]


def push(*lines):
    """The platform's own backend tells of new posts."""
    reply = requests.post(
        "https://api.twitter.com/v1/posts",
        data="\n".join(json.dumps(line) for line in lines).encode(),
        headers={"Authorization": f"Bearer {given['operatorToken']}", "Content-Type": "application/x-ndjson"},
    )
    assert [line["status"] for line in map(json.loads, reply.text.splitlines())] == ["created"] * len(lines), reply.text


pushed = iter(range(1, 10_000))


def new_post(text):
    now = datetime.datetime.now(UTC)
    identity = (int(now.timestamp() * 1000) - 1288834974657 << 22) + next(pushed)
    created_at = now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return {"id": str(identity), "text": text, "author_id": given["jack"], "created_at": created_at}


class LookUps(unittest.TestCase):
    def test_every_id_is_found_or_named(self):
        wanted = [*range(1000, 1990), *map(int, given["fresh"][:10])]
        found = missing = 0
        for ids in batches(wanted):
            page = get("/tweets", {**OF_POSTS, "ids": ids})
            found += len(page.get("data", []))
            for error in page.get("errors", []):
                self.assertEqual((error["resource_type"], error["parameter"]), ("tweet", "ids"))
                missing += 1
        self.assertEqual((found, missing), (10, 990))

    def test_every_person_is_found_or_named(self):
        found = missing = 0
        for ids in batches(range(1, 1000)):
            page = get("/users", {**OF_PERSONS, "ids": ids})
            found += len(page.get("data", []))
            for error in page.get("errors", []):
                self.assertEqual((error["resource_type"], error["parameter"]), ("user", "ids"))
                missing += 1
        self.assertEqual((found, missing), (1, 998))

    def test_tells_a_number_from_a_name(self):
        named = get("/users/by", {**OF_PERSONS, "usernames": "jack"})
        self.assertEqual(named["data"][0]["id"], "12")
        self.assertNotIn("errors", get("/users", {**OF_PERSONS, "ids": "12"}))
        nobody = get("/users", {**OF_PERSONS, "ids": "42069"})
        self.assertEqual(nobody["errors"][0]["title"], "Not Found Error")
        self.assertNotIn("data", get("/users/by", {**OF_PERSONS, "usernames": "noasdfasdf"}))

    def test_signs_for_a_person(self):
        signed = OAuth1Session(
            client_key=given["consumerKey"],
            client_secret=given["consumerSecret"],
            resource_owner_key=given["accessToken"],
            resource_owner_secret=given["accessTokenSecret"],
        )
        page = get("/users", {**OF_PERSONS, "ids": "12,13"}, signed)
        self.assertEqual([one["id"] for one in page["data"]], ["12"])
        query = {**OF_POSTS, "query": '"Tweepy asks" #data @Twitter', "start_time": since(2), "max_results": 100}
        self.assertEqual(len(get("/tweets/search/recent", query, signed)["data"]), 100)


def since(hours_ago):
    """A time as it writes one."""
    return (datetime.datetime.now(UTC) - datetime.timedelta(hours=hours_ago)).isoformat(timespec="seconds")


class Searches(unittest.TestCase):
    def test_pages_in_either_order_bring_authors_and_mentions(self):
        for order in ("recency", "relevancy"):
            seen = []
            asked = {**OF_POSTS, "query": "Tweepy", "max_results": 100, "sort_order": order}
            for page in pages("/tweets/search/recent", asked, "next_token"):
                included = {user["id"] for user in page["includes"]["users"]}
                for post in page["data"]:
                    self.assertIn(post["author_id"], included)
                    self.assertEqual(post["entities"]["mentions"][0]["username"], "Twitter")
                    seen.append(post["id"])
                self.assertIn(given["twitter"], included)
            self.assertEqual(sorted(seen, reverse=True), given["fresh"])

    def test_reads_the_whole_archive(self):
        asked = {**OF_POSTS, "query": "API", "max_results": 100, "start_time": "2006-03-21T00:00:00+00:00"}
        found = all_ids("/tweets/search/all", asked, "next_token")
        self.assertIn(given["announcement"], found)
        self.assertIn(given["bookmarkAnnouncement"], found)

    def test_counts_by_the_day_over_pages_back_to_the_start_that_was_asked_for(self):
        start, end = datetime.datetime(2006, 3, 21), datetime.datetime(2006, 6, 1)
        asked = {
            "query": "beans",
            "granularity": "day",
            "start_time": "2006-03-21T00:00:00+00:00",
            "end_time": "2006-06-01T00:00:00+00:00",
        }
        counted = list(pages("/tweets/counts/all", asked, "next_token"))
        self.assertEqual(sum(len(page["data"]) for page in counted), (end - start).days)
        self.assertEqual(counted[-1]["data"][0]["start"], "2006-03-21T00:00:00.000Z")

    def test_counts_begin_at_the_second_that_was_asked_for(self):
        start = datetime.datetime(2020, 8, 1, 10, 17, 23)
        asked = {
            "query": "API",
            "granularity": "hour",
            "start_time": start.replace(tzinfo=UTC).isoformat(timespec="seconds"),
            "end_time": "2020-10-09T00:00:00+00:00",
        }
        counted = list(pages("/tweets/counts/all", asked, "next_token"))
        self.assertGreater(len(counted), 2)
        self.assertEqual(counted[-1]["data"][0]["start"], start.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z")
        self.assertEqual(sum(page["meta"]["total_tweet_count"] for page in counted), 2)
        # Restarted where it stopped, with X's own text as the end.
        again = get("/tweets/counts/all", {**asked, "end_time": counted[0]["data"][0]["start"]})
        self.assertEqual(again["data"], counted[1]["data"])

    def test_recent_counts_are_a_week(self):
        page = get("/tweets/counts/recent", {"query": "Tweepy", "granularity": "day"})
        self.assertIn(len(page["data"]), (7, 8))


class Listings(unittest.TestCase):
    def test_timelines_page_to_their_end(self):
        asked = {**OF_POSTS, "max_results": 100}
        self.assertEqual(all_ids(f"/users/{given['twitter']}/mentions", asked), given["fresh"])
        self.assertIn(given["jackPost"], all_ids("/users/12/tweets", {**asked, "exclude": "retweets,replies"}))
        self.assertEqual(all_ids("/users/1033441111677788160/tweets", asked), [])

    def test_persons_page_under_either_name_of_the_token(self):
        crowd = given["crowd"][::-1]
        for name in ("pagination_token", "next_token"):
            asked = {**OF_PERSONS, "max_results": 100}
            self.assertEqual(all_ids("/users/12/followers", asked, name), crowd)
            self.assertEqual(all_ids(f"/tweets/{given['jackPost']}/liking_users", asked, name), crowd)
            reposters = all_ids(f"/tweets/{given['jackPost']}/retweeted_by", asked, name)
            self.assertEqual(sorted(reposters), sorted(crowd))
            self.assertEqual(all_ids(f"/lists/{given['parks']}/followers", asked, name), crowd)
            self.assertEqual(len(all_ids(f"/lists/{given['parks']}/members", {**asked, "max_results": 4}, name)), 9)
            quotes = {**OF_POSTS, "max_results": 100}
            self.assertEqual(len(all_ids(f"/tweets/{given['announcement']}/quote_tweets", quotes, name)), 1)
            # It lets the server choose the size of a page of lists.
            self.assertEqual(all_ids(f"/users/{given['jack']}/owned_lists", OF_LISTS, name), [given["parks"]])
        self.assertEqual(all_ids("/users/12/following", {**OF_PERSONS, "max_results": 1000}), [given["twitter"]])
        first = get(f"/tweets/{given['jackPost']}/liking_users", {**OF_PERSONS, "max_results": 100})
        self.assertEqual(first["data"][0]["description"], "one of many")
        liked = get(f"/users/{given['crowd'][0]}/liked_tweets", {**OF_POSTS, "max_results": 100})
        self.assertEqual(liked["data"][0]["text"], "open by default")

    def test_lists(self):
        one = get(f"/lists/{given['parks']}", OF_LISTS)
        self.assertEqual((one["data"]["name"], one["includes"]["users"][0]["username"]), ("National-parks", "jack"))
        self.assertEqual(
            (one["data"]["member_count"], one["data"]["follower_count"], one["data"]["owner_id"]), (9, 130, "12")
        )
        member = given["crowd"][0]
        self.assertEqual(all_ids(f"/users/{member}/list_memberships", OF_LISTS), [given["parks"]])
        self.assertEqual(all_ids(f"/users/{given['news']}/followed_lists", OF_LISTS), [given["official"]])
        posts = {"expansions": OF_POSTS["expansions"], **fields("tweet", "user")}
        self.assertGreater(len(all_ids(f"/lists/{given['parks']}/tweets", posts)), 8)


class Streams(unittest.TestCase):
    rules = f"{API}/tweets/search/stream/rules"

    def listen(self, path, until, begun):
        """Reads a stream as it does: a line a post, an empty one to keep it open; comes again when it was ended."""
        taken, ends = [], 0
        while True:
            reply = app.get(f"{API}{path}", params=OF_POSTS, stream=True, timeout=(3.05, 31))
            reply.raise_for_status()
            begun(ends)
            for line in reply.iter_lines():
                if not line:
                    continue
                data = json.loads(line.decode())
                if any(error.get("disconnect_type") == "OperationalDisconnect" for error in data.get("errors", [])):
                    ends += 1
                    break
                taken.append(data)
                if until(taken):
                    reply.close()
                    return taken, ends

    def test_rules_a_filtered_stream_and_a_new_connection_when_it_was_ended(self):
        self.assertNotIn("data", app.get(self.rules).json())
        tagged = [{"value": value, "tag": "twarc-test"} for value in ("hey", "joe")]
        added = app.post(self.rules, json={"add": tagged}).json()
        self.assertEqual(len(added["data"]), 2)
        self.assertEqual([(rule["value"], rule["tag"]) for rule in app.get(self.rules).json()["data"]], [
            ("hey", "twarc-test"), ("joe", "twarc-test")
        ])

        def begun(ends):
            push(*(new_post(f"hey {ends} {index}") for index in range(14)))

        def until(taken):
            if len(taken) == 14:
                ended = app.delete(f"{API}/connections/all").json()
                self.assertEqual(ended["data"]["successful_kills"], 1)
            return len(taken) == 28

        taken, ends = self.listen("/tweets/search/stream", until, begun)
        self.assertEqual(ends, 1)
        for one in taken:
            self.assertEqual([rule["tag"] for rule in one["matching_rules"]], ["twarc-test"])
            self.assertEqual(one["includes"]["users"][0]["username"], "jack")
        self.assertEqual(
            [one["data"]["text"] for one in taken], [f"hey {end} {index}" for end in (0, 1) for index in range(14)]
        )
        app.post(self.rules, json={"delete": {"ids": [rule["id"] for rule in added["data"]]}})
        self.assertNotIn("data", app.get(self.rules).json())

    def test_a_sample_brings_authors(self):
        def begun(_ends):
            push(*(new_post(f"one of many {index}") for index in range(1000)))

        taken, _ends = self.listen("/tweets/sample/stream", lambda taken: len(taken) == 3, begun)
        for one in taken:
            self.assertIn(one["data"]["author_id"], [user["id"] for user in one["includes"]["users"]])


class Jobs(unittest.TestCase):
    jobs = f"{API}/compliance/jobs"

    def test_a_list_has_jobs_or_is_an_empty_object(self):
        self.assertEqual(app.get(self.jobs, params={"type": "users"}).json(), {})
        made = app.post(self.jobs, json={"type": "users", "resumable": False, "name": "ours"})
        self.assertEqual(made.status_code, 200)
        job = made.json()["data"]
        for params in ({"type": "users"}, {"type": "users", "status": "created"}):
            self.assertEqual([one["id"] for one in app.get(self.jobs, params=params).json()["data"]], [job["id"]])
        self.assertEqual(app.get(self.jobs, params={"type": "users", "status": "failed"}).json(), {})
        put = requests.put(job["upload_url"], data="12\n13\n", headers={"Content-Type": "text/plain"})
        self.assertEqual(put.status_code, 200)
        found = app.get(f"{self.jobs}/{job['id']}")
        self.assertEqual(found.status_code, 200)
        while found.json()["data"]["status"] != "complete":
            found = app.get(f"{self.jobs}/{job['id']}")
        lines = requests.get(found.json()["data"]["download_url"]).text.splitlines()
        self.assertEqual([(line["id"], line["reason"]) for line in map(json.loads, lines)], [("13", "suspended")])


class Windows(unittest.TestCase):
    def test_a_full_window_says_when_to_come_again(self):
        headers = {"Authorization": f"Bearer {given['narrow']}"}
        url = f"{API}/users/by/username/jack"
        self.assertEqual(requests.get(url, headers=headers).status_code, 200)
        full = requests.get(url, headers=headers)
        self.assertEqual(full.status_code, 429)
        self.assertEqual(int(full.headers["x-rate-limit-remaining"]), 0)
        left = int(full.headers["x-rate-limit-reset"]) - datetime.datetime.now(UTC).timestamp()
        self.assertTrue(-1 < left <= 900, left)


if __name__ == "__main__":
    unittest.main()
