import { operation } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';

export const deleteDirectMessagesEvents = operation({
  id: 'deleteDirectMessagesEvents',
  path: '/2/dm_events/{event_id}',
  method: 'DELETE',
  tag: 'Messages',
  summary: 'Deletes an event for the person',
  about: 'The others of the conversation still see it. `deleted` is false when there was nothing to delete.',
  auth: ['person'],
  scopes: ['dm.read', 'dm.write'],
  writes: true,
  parameters: {
    id: pathId('event_id', 'Id of the event.'),
  },
  answer: 'MessageDeleted',
  prepare: () => undefined,
  read({ viewer, subject }, { messages }) {
    const text = JSON.stringify({ data: { deleted: messages.remove(viewer!, subject) } });
    return { groups: [], present: () => text };
  },
});
