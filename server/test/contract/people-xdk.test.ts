import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '@xdevplatform/xdk';
import { watchXdkAnswers } from '../clients/xdk-answers.ts';
import { apiWorld, idAgo, type Json, person, post } from './api.ts';

const ids = (answer: Json): string[] => (answer.data ?? []).map((one: Json) => one.id);

/** X's own client with a person's token: it decides names, bodies and where pages go on. */
test('the official XDK keeps lists, acts, and reads every side of it over pages', async (t) => {
  const api = await apiWorld(t);
  const app = await api.app({ plan: 'enterprise-200m' });
  const others = ['102', '103', '104', '105', '106', '107', '108'];
  await api.apply(
    person('101', { username: 'alice' }),
    ...others.map((id) => person(id, { username: `other${id}` })),
    ...others.map((authorId, index) => post(100 + index, { authorId, text: `coffee ${index}` })),
    post(50, { authorId: '102', references: [{ type: 'quoted', id: idAgo(106) }] }),
  );
  const baseUrl = await api.server.listen({ host: '127.0.0.1', port: 0 });
  const clientOf = (id: string) =>
    new Client({ accessToken: api.person(app, id).bearerToken, baseUrl }) as Json;
  const alice = clientOf('101');

  /** All pages by the tokens of the answers. */
  async function all(read: (options: object) => Promise<Json>): Promise<string[]> {
    const found: string[] = [];
    let paginationToken: string | undefined;
    do {
      const page: Json = await read({ maxResults: 5, ...(paginationToken ? { paginationToken } : {}) });
      found.push(...ids(page));
      paginationToken = page.meta.nextToken;
    } while (paginationToken);
    return found;
  }
  const reversed = others.toReversed();

  for (const id of others) {
    assert.equal((await alice.users.followUser('101', { targetUserId: id })).data.following, true);
    await clientOf(id).users.likePost(id, { tweetId: idAgo(106) });
    await clientOf(id).users.followUser(id, { targetUserId: '101' });
  }
  for (const id of others.slice(0, 6)) await clientOf(id).users.repostPost(id, { tweetId: idAgo(106) });
  for (let index = 0; index < others.length; index += 1) {
    await alice.users.likePost('101', { tweetId: idAgo(100 + index) });
    await alice.users.createBookmark('101', { tweetId: idAgo(100 + index) });
  }
  const liked = others.map((_id, index) => idAgo(100 + index)).reverse();

  assert.deepEqual(await all((options) => alice.users.getFollowing('101', options)), reversed);
  assert.deepEqual(await all((options) => alice.users.getFollowers('101', options)), reversed);
  assert.deepEqual(await all((options) => alice.users.getLikedPosts('101', options)), liked);
  assert.deepEqual(await all((options) => alice.users.getBookmarks('101', options)), liked);
  assert.deepEqual(await all((options) => alice.posts.getLikingUsers(idAgo(106), options)), [
    '101',
    ...reversed,
  ]);
  const reposters = await all((options) => alice.posts.getRepostedBy(idAgo(106), options));
  assert.deepEqual(reposters.sort(), others.slice(0, 6));
  assert.equal((await all((options) => alice.posts.getReposts(idAgo(106), options))).length, 6);
  assert.deepEqual(ids(await alice.posts.getQuoted(idAgo(106), { maxResults: 10 })), [idAgo(50)]);
  const home = await all((options) => alice.users.getTimeline('101', options));
  assert.equal(home.length, 7 + 1 + 6);
  assert.deepEqual(ids(await clientOf('108').users.getRepostsOfMe()), [idAgo(106)]);
  assert.deepEqual(ids(await alice.users.search('other103')), ['103']);
  await alice.users.muteUser('101', { targetUserId: '108' });
  assert.deepEqual(ids(await alice.users.getMuting('101')), ['108']);

  const made = await alice.lists.create({ name: 'Friends', description: 'mine', private: false });
  const { id } = made.data;
  for (const userId of others) await alice.lists.addMember(id, { userId });
  assert.equal((await alice.lists.update(id, { name: 'Old friends' })).data.updated, true);
  const list = await alice.lists.getById(id, {
    listFields: ['member_count', 'follower_count', 'owner_id'],
    expansions: ['owner_id'],
  });
  assert.deepEqual(list.data, { id, name: 'Old friends', memberCount: 7, followerCount: 0, ownerId: '101' });
  assert.equal(list.includes.users[0].username, 'alice');
  assert.deepEqual(await all((options) => alice.lists.getMembers(id, options)), reversed);
  assert.equal((await all((options) => alice.lists.getPosts(id, options))).length, 14);
  const bob = clientOf('102');
  assert.equal((await bob.users.followList('102', { listId: id })).data.following, true);
  assert.equal((await bob.users.pinList('102', { listId: id })).data.pinned, true);
  assert.deepEqual(ids(await bob.lists.getFollowers(id)), ['102']);
  assert.deepEqual(ids(await bob.users.getFollowedLists('102')), [id]);
  assert.deepEqual(ids(await bob.users.getPinnedLists('102')), [id]);
  assert.deepEqual(ids(await bob.users.getOwnedLists('101')), [id]);
  assert.deepEqual(ids(await bob.users.getListMemberships('103')), [id]);
  assert.equal((await bob.users.unpinList('102', id)).data.pinned, false);
  assert.equal((await bob.users.unfollowList('102', id)).data.following, false);
  assert.equal((await alice.lists.removeMemberByUserId(id, '103')).data.isMember, false);
  assert.equal((await alice.lists.delete(id)).data.deleted, true);
  assert.equal((await alice.lists.getById(id)).errors[0].title, 'Not Found Error');
  assert.deepEqual(api.mistakes, []);
});

watchXdkAnswers();
