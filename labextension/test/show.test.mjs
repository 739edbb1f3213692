import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ROWS_MAX, safeLink, showJustification, showLock } from '../lib/show.js';

test('shows packages with their reasons', () => {
  const shown = showLock({ packages: [{ name: 'flask', version: '3.0', reason: 'cell 1 asks for it' }], environments: ['cp311'] });
  assert.equal(shown.heading, '1 package locked for cp311');
  assert.deepEqual(shown.rows, [{ name: 'flask', version: '3.0', why: 'cell 1 asks for it' }]);
});

test('says what changed, unless all is new', () => {
  const packages = [{ name: 'a', version: '2' }, { name: 'b', version: '1' }];
  const diff = { added: [{ name: 'b', to: '1' }], removed: [{ name: 'c', from: '1' }], changed: [{ name: 'a', from: '1', to: '2' }] };
  assert.deepEqual(showLock({ packages, diff }).changes, ['+ b 1', '− c 1', '~ a 1 → 2']);
  const all = { added: [{ name: 'a', to: '2' }, { name: 'b', to: '1' }], removed: [], changed: [] };
  assert.deepEqual(showLock({ packages, diff: all }).changes, []);
});

test('links only to the web', () => {
  assert.equal(safeLink('https://index.example/a'), 'https://index.example/a');
  for (const link of ['javascript:alert(1)', ' https://x', 'data:text/html,x', 'https://a b', 7, null, 'HTTPS:x']) {
    assert.equal(safeLink(link), '');
  }
});

test('shows whatever a hostile notebook holds as text, or not at all', () => {
  for (const data of [null, 7, 'x', [], { packages: 'x', messages: 7, diff: [], environments: [{}] },
    { packages: [null, 'x', { name: {}, version: [], reason: null }] }]) {
    assert.ok(Array.isArray(showLock(data).rows));
    assert.ok(Array.isArray(showJustification(data).notes));
  }
  const shown = showJustification({ entries: [{ type: 'ERROR', package: '<b>', message: '<script>', link: 'javascript:x' }] });
  assert.deepEqual(shown.notes, [{ kind: 'ERROR', text: '<b>: <script>', link: '' }]);
  assert.equal(showLock({ packages: Array(ROWS_MAX + 9).fill({}) }).rows.length, ROWS_MAX);
});
