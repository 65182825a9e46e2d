import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testWorld } from '#test/world';
import { appNamed, licenseeNamed, operatorNamed } from './named.ts';

test('licensees, apps and operators are found by id or name, and a name that several have is refused', async (t) => {
  const world = await testWorld(t);
  const one = await world.terms.addLicensee('Example Ads');
  const other = await world.terms.addLicensee('Other Ads');
  const bot = { name: 'Bot', plan: 'basic' };
  const app = await world.terms.addApp('*', { ...bot, licenseeId: one.licenseeId });
  for (const typed of ['Example Ads', ' example ADS ', one.licenseeId])
    assert.equal(licenseeNamed(world, typed).licenseeId, one.licenseeId);
  for (const typed of ['bot', app.appId]) assert.equal(appNamed(world, typed).appId, app.appId);
  const twin = await world.terms.addApp('*', { ...bot, licenseeId: other.licenseeId });
  assert.throws(() => appNamed(world, 'Bot'), {
    message: `2 apps are called Bot. Give an id: ${app.appId}, ${twin.appId}`,
  });
  assert.throws(() => licenseeNamed(world, 'exmple ads'), {
    message: 'There is no licensee exmple ads. Did you mean "Example Ads"?',
  });
  assert.throws(() => appNamed(world, '7'), { message: 'There is no app 7. See: parley app list' });
  const first = await world.access.addOperator('night');
  const second = await world.access.addOperator('night');
  await world.access.revokeOperator(first.operatorId);
  assert.equal(operatorNamed(world, 'Night').operatorId, second.operatorId);
  assert.equal(operatorNamed(world, first.operatorId).operatorId, first.operatorId);
});
