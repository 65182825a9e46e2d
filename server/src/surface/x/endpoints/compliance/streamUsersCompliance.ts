import type { ModifiedField } from '#posts';
import { complianceStream, eventAt } from './stream.ts';

/** X's words for events that say no more than whom they are about. */
const PLAIN = {
  'person-deleted': 'user_delete',
  'person-undeleted': 'user_undelete',
  'person-protected': 'user_protect',
  'person-unprotected': 'user_unprotect',
  'person-suspended': 'user_suspend',
  'person-unsuspended': 'user_unsuspend',
} as const;

const FIELDS: Readonly<Record<ModifiedField, string>> = {
  username: 'username',
  name: 'name',
  description: 'description',
  location: 'location',
  url: 'url',
  profileImageUrl: 'profile_image_url',
  profileBannerUrl: 'profile_banner_url',
  verified: 'verified',
  verifiedType: 'verified_type',
};

export const streamUsersCompliance = complianceStream({
  id: 'streamUsersCompliance',
  path: '/2/users/compliance/stream',
  stream: 'users_compliance_stream',
  kinds: [
    ...(Object.keys(PLAIN) as (keyof typeof PLAIN)[]),
    'person-withheld',
    'person-modified',
    'geo-scrubbed',
  ],
  summary: 'What became of persons',
  about:
    'A line an event: deleted or deactivated, protected, suspended, withheld, and back; places taken away; a changed account.',
  answer: 'UsersComplianceLine',
  present(event) {
    const about = { user: { id: event.personId }, ...eventAt(event) };
    switch (event.kind) {
      case 'person-withheld':
        return { user_withheld: { ...about, withheld_in_countries: event.countryCodes } };
      case 'person-modified':
        return {
          user_profile_modification: {
            ...about,
            profile_field: FIELDS[event.field],
            new_value: event.value,
          },
        };
      case 'geo-scrubbed':
        return { scrub_geo: { ...about, up_to_tweet_id: event.upToPostId } };
      case 'person-deleted':
      case 'person-undeleted':
      case 'person-protected':
      case 'person-unprotected':
      case 'person-suspended':
      case 'person-unsuspended':
        return { [PLAIN[event.kind]]: about };
      default:
        return undefined;
    }
  },
});
