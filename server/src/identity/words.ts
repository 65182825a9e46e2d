import { html, type Markup } from './page.ts';
import type { Scope } from './person-port.ts';

/** What each right means, for the person who is asked. `users.email` and `offline.access` among them, to the word. */
export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  'tweet.read': 'See the posts that you can see, those of protected accounts too',
  'tweet.write': 'Post, repost and delete for you',
  'tweet.moderate.write': 'Hide and show replies to your posts',
  'users.read': 'See your profile and the accounts that you can see, protected ones too',
  'users.email': 'See your e-mail address, where the network has one',
  'follows.read': 'See whom you follow and who follows you',
  'follows.write': 'Follow and unfollow accounts for you',
  'offline.access': 'Keep these rights while you are away, until you end them',
  'like.read': 'See what you like',
  'like.write': 'Like and unlike posts for you',
  'list.read': 'See your lists, private ones too',
  'list.write': 'Make, change, follow and delete lists for you',
  'mute.read': 'See whom you mute',
  'mute.write': 'Mute and unmute accounts for you',
  'block.read': 'See whom you block',
  'block.write': 'Block and unblock accounts for you',
  'bookmark.read': 'See your bookmarks',
  'bookmark.write': 'Bookmark posts for you, and take bookmarks away',
  'dm.read': 'Read your direct messages',
  'dm.write': 'Send and delete direct messages for you',
  'media.write': 'Upload pictures and videos for you',
};

export function scopeList(scopes: Iterable<Scope>): Markup {
  return html`<ul>${[...scopes].map((scope) => html`<li>${SCOPE_WORDS[scope]}</li>\n`)}</ul>`;
}
