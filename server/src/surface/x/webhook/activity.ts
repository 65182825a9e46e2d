import type { Presenter, WebhookNews } from '#webhooks';
import { audienceOf } from '../operation.ts';
import {
  classicEntities,
  classicPerson,
  classicPost,
  classicTime,
  type May,
  messagePerson,
} from '../present/classic.ts';

/** Account activity as X's receivers know it: one event in each delivery. */
export const accountActivity: Presenter = {
  audienceOf: (caller, viewer) => audienceOf({ caller }, viewer),
  body: (news, subscriberId, may) => JSON.stringify(eventOf(news, subscriberId, may)),
};

function eventOf(news: WebhookNews, subscriberId: string, may: May): Record<string, unknown> {
  const forUser = { for_user_id: subscriberId };
  switch (news.kind) {
    case 'post': {
      const isTheirs = news.news.post.authorId === subscriberId;
      const blocked = isTheirs ? {} : { user_has_blocked: news.hasBlocked };
      return { ...forUser, ...blocked, tweet_create_events: [classicPost(news.news, may)] };
    }
    case 'like': {
      const like = {
        id: news.id,
        created_at: classicTime(news.at),
        timestamp_ms: news.at,
        favorited_status: classicPost(news.news, may),
        user: classicPerson(news.person),
      };
      return { ...forUser, favorite_events: [like] };
    }
    case 'relation': {
      const event = {
        type: news.type,
        created_timestamp: String(news.at),
        target: classicPerson(news.target),
        source: classicPerson(news.source),
      };
      return { ...forUser, [RELATION_LISTS[news.type]]: [event] };
    }
    case 'post-deleted': {
      const event = {
        status: { id: news.postId, user_id: news.personId },
        timestamp_ms: String(news.at),
      };
      return { ...forUser, tweet_delete_events: [event] };
    }
    case 'message':
      return { ...forUser, ...messageEvent(news, may) };
    case 'revoked': {
      const revoke = {
        date_time: new Date(news.at).toISOString().replace(/\.\d{3}Z$/, '+00:00'),
        target: { app_id: news.appId },
        source: { user_id: news.personId },
      };
      return { user_event: { revoke } };
    }
    case 'replay': {
      const status = {
        webhook_id: news.webhookId,
        job_state: news.isComplete ? 'Complete' : 'Incomplete',
        job_state_description: news.isComplete
          ? 'Job completed successfully'
          : 'Job failed to deliver all events, please retry your replay job',
        job_id: news.jobId,
      };
      return { replay_job_status: status };
    }
  }
}

/** Beginnings and ends stand in one list, and `type` tells which it is. */
const RELATION_LISTS = {
  follow: 'follow_events',
  unfollow: 'follow_events',
  block: 'block_events',
  unblock: 'block_events',
  mute: 'mute_events',
  unmute: 'mute_events',
} as const;

function messageEvent(
  { event, recipientId, people }: Extract<WebhookNews, { kind: 'message' }>,
  may: May,
): Record<string, unknown> {
  const [media] = event.media;
  const message = {
    type: 'message_create',
    id: event.id,
    created_timestamp: String(event.at),
    message_create: {
      target: { recipient_id: recipientId },
      sender_id: event.senderId,
      message_data: {
        text: event.text,
        entities: classicEntities(event.entities),
        ...(media
          ? {
              attachment: {
                type: 'media',
                media: { media_key: media.mediaKey, type: media.type, media_url_https: media.url },
              },
            }
          : {}),
      },
    },
  };
  const shown = people.filter(({ id }) => may('person', id));
  return {
    direct_message_events: [message],
    users: Object.fromEntries(shown.map((person) => [person.id, messagePerson(person)])),
  };
}
