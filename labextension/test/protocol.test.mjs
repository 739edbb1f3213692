import assert from 'node:assert/strict';
import { test } from 'node:test';

import { packCells, readMessage } from '../lib/protocol.js';

test('takes nothing that is no message', () => {
  for (const data of [null, undefined, 7, 'hello', [], {}, { type: 7 }, { type: 'news' }, { type: 'lock' },
    { type: 'lock', metadata: 'x' }, { type: 'lock', metadata: [] }]) {
    assert.equal(readMessage(data), null);
  }
});

test('reads a hello with what it does not know', () => {
  assert.deepEqual(readMessage({ type: 'hello', v: 9, version: '1.2', state: 'odd', need: ['cells', 'more', 3], x: 1 }),
    { type: 'hello', version: '1.2', state: 'unlocked', needsCells: true, differs: [] });
  assert.equal(readMessage({ type: 'hello', state: 'stale' }).needsCells, false);
});

test('reads locks, also one that takes the key out', () => {
  const lock = readMessage({ type: 'lock', id: 'r1', metadata: { version: 1 }, diff: { added: [{}], changed: 'x' } });
  assert.deepEqual(lock, { type: 'lock', id: 'r1', metadata: { version: 1 }, replay: false, settled: false,
    diff: { added: [{}], removed: [], changed: [] } });
  assert.equal(readMessage({ type: 'lock', metadata: null }).metadata, null);
});

test('gives an error words whatever comes', () => {
  assert.deepEqual(readMessage({ type: 'error', id: 'r', error: { kind: 'input', message: 'm', hint: 'h' } }),
    { type: 'error', id: 'r', kind: 'input', message: 'm', hint: 'h', cell: '', line: 0 });
  assert.equal(readMessage({ type: 'error', error: 'x' }).message, 'no reason was given');
});

test('keeps only texts of lists and only numbers that count', () => {
  assert.deepEqual(readMessage({ type: 'installs', cell: 'c', requirements: ['a', 1, null], restart: 'b' }),
    { type: 'installs', cell: 'c', requirements: ['a'], restart: [] });
  const progress = readMessage({ type: 'progress', id: 'r', seq: -1, done: NaN, total: '9', phase: 'index' });
  assert.deepEqual(progress, { type: 'progress', id: 'r', seq: 0, phase: 'index', done: 0, total: 0 });
});

test('sends code with its source, and of other cells the kind', () => {
  const cells = [{ id: 'a', type: 'markdown', source: 'long' }, { id: 'b', type: 'code', source: 'import x' }];
  assert.deepEqual(packCells(cells), [{ id: 'a', type: 'markdown', source: '' }, { id: 'b', type: 'code', source: 'import x' }]);
  assert.equal(cells[0].source, 'long');
});

test('tells of sources over the budget their length, largest first', () => {
  const cells = ['x'.repeat(500), 'y'.repeat(9000), 'z'].map((source, i) => ({ id: `${i}`, type: 'code', source }));
  const packed = packCells(cells, 2000);
  assert.deepEqual(packed.map(cell => cell.source.length), [500, 0, 1]);
  assert.equal(packed[1].source_length, 9000);
});
