import assert from 'node:assert/strict';
import { test } from 'node:test';

import { afterInstall, changes, decide } from '../lib/decide.js';
import { readSettings } from '../lib/settings.js';

const value = (created, more = {}) => ({ version: 1, lock: { created, packages: ['a==1'] }, ...more });
const lock = (metadata, more = {}) => ({ type: 'lock', id: 'r', metadata, replay: false, settled: false,
  diff: { added: [], removed: [], changed: [] }, ...more });
const early = value('2026-01-01T00:00:00Z');
const late = value('2026-02-01T00:00:00Z');

test('a lock goes into the notebook, and once only', () => {
  assert.equal(decide(lock(early), undefined), 'write');
  assert.equal(decide(lock(early), late), 'write');
  assert.equal(decide(lock(late), { lock: { packages: ['a==1'], created: '2026-02-01T00:00:00Z' }, version: 1 }), 'same');
});

test('taking the key out of a notebook without it changes nothing', () => {
  assert.equal(decide(lock(null), undefined), 'same');
  assert.equal(decide(lock(null), early), 'write');
});

test('a lock that comes again is written where it was missed', () => {
  assert.equal(decide(lock(late, { replay: true }), undefined), 'write');
  assert.equal(decide(lock(late, { replay: true }), early), 'write');
  assert.equal(decide(lock(late, { replay: true }), { version: 1, requirements: {} }), 'write');
});

test('a lock that comes again never undoes what is newer', () => {
  assert.equal(decide(lock(early, { replay: true }), late), 'ignore');
  assert.equal(decide(lock(late, { replay: true, settled: true }), early), 'ignore');
  assert.equal(decide(lock(late, { replay: true, settled: true }), undefined), 'ignore');
  assert.equal(decide(lock(late, { replay: true, settled: true }), late), 'same');
});

test('odd values of the key are compared like any other', () => {
  for (const odd of ['x', 7, null, [], { lock: 'x' }, { lock: { created: 7 } }]) {
    assert.equal(decide(lock(late, { replay: true }), odd), 'write');
  }
});

test('counts what changed', () => {
  assert.deepEqual(changes(lock(early, { diff: { added: [1], removed: [], changed: [1, 2] } })),
    { added: 1, removed: 0, changed: 2, total: 1 });
  assert.equal(changes(lock(null)).total, 0);
});

test('after an install cell the setting decides', () => {
  const installs = { type: 'installs', cell: 'c', requirements: ['flask'], restart: ['numpy'] };
  assert.deepEqual(afterInstall(installs, 'ask'), { record: false, offer: true, restart: true });
  assert.deepEqual(afterInstall(installs, 'always'), { record: true, offer: false, restart: true });
  assert.deepEqual(afterInstall(installs, 'never'), { record: false, offer: false, restart: true });
  assert.deepEqual(afterInstall({ ...installs, requirements: [], restart: [] }, 'always'),
    { record: false, offer: false, restart: false });
});

test('settings of a wrong type count as not given', () => {
  const defaults = readSettings({});
  assert.equal(defaults.recordInstalls, 'ask');
  assert.deepEqual(readSettings({ autoWriteMetadata: 'no', recordInstalls: 'maybe', timeout: -1, recommendationType: 7 }), defaults);
  assert.equal(readSettings({ timeout: 2.4, recordInstalls: 'never' }).timeout, 2);
});
