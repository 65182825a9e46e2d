import { complianceStream, eventAt } from './stream.ts';

export const streamPostsCompliance = complianceStream({
  id: 'streamPostsCompliance',
  path: '/2/tweets/compliance/stream',
  stream: 'tweets_compliance_stream',
  kinds: ['post-deleted', 'post-edited', 'post-withheld', 'post-dropped', 'post-undropped'],
  summary: 'What became of posts',
  about:
    'A line an event: deleted, edited, withheld, dropped and shown again. That a person’s posts are hidden is told once, in the stream of persons.',
  answer: 'PostsComplianceLine',
  present(event, world) {
    const when = eventAt(event);
    switch (event.kind) {
      case 'post-deleted':
        return { delete: { tweet: tweetOf(event), ...when } };
      case 'post-dropped':
        return { drop: { tweet: tweetOf(event), ...when } };
      case 'post-undropped':
        return { undrop: { tweet: tweetOf(event), ...when } };
      case 'post-withheld':
        return { withheld: { tweet: tweetOf(event), withheld_in_countries: event.countryCodes, ...when } };
      case 'post-edited': {
        // The chain as it was: versions that came since have events of their own.
        const chain = world.editHistory(event.postId);
        const at = chain.indexOf(event.postId);
        const ids = at > 0 ? chain.slice(0, at + 1) : [event.previousId, event.postId];
        return {
          tweet_edit: {
            tweet: { id: event.postId },
            initial_tweet_id: ids[0],
            edit_tweet_ids: ids,
            ...when,
          },
        };
      }
      default:
        return undefined;
    }
  },
});

function tweetOf({ postId, personId }: { postId: string; personId: string }) {
  return { id: postId, author_id: personId };
}
