import assert from 'node:assert/strict';
import { test } from 'node:test';

import { declared, filterPackages, moodOf, nameOf, newNotes, NotebookModel, readLocked, readPackage } from '../lib/model.js';
import { readMessage } from '../lib/protocol.js';

const HASH = ' --hash=sha256:' + '0'.repeat(64);
const none = new Set();

const says = (model, data, writes = true) => model.take(readMessage(data), writes);
const lock = (id, more = {}) => ({ type: 'lock', id, metadata: { version: 1, lock: { packages: [] } },
  diff: { added: [{ name: 'a', to: '1' }], removed: [], changed: [] }, ...more });

test('reads the lines of a lock', () => {
  for (const [line, expected] of [
    ['click==8.3.1' + HASH + HASH, { name: 'click', version: '8.3.1', address: '', marker: '', hashes: 2 }],
    ['Foo_Bar[x,y]==1 ; python_version < "3.11"' + HASH, { name: 'foo-bar', version: '1', marker: 'python_version < "3.11"', hashes: 1 }],
    ['six @ https://index.example/six.whl' + HASH, { name: 'six', version: '1.16', address: 'https://index.example/six.whl' }],
    ['', { name: '', version: '' }]
  ]) {
    const read = readPackage(line, {}, { 'six @ https://index.example/six.whl': '1.16' });
    for (const [key, value] of Object.entries(expected)) {
      assert.equal(read[key], value, `${key} of ${line}`);
    }
  }
});

test('gives each package its reason, of one name at several versions each its own', () => {
  const read = readLocked(
    { version: 1, lock: { packages: ['a==1', 'a==2', 'b==1'] }, justification: { a: 'newest', 'a==1': 'older Python' } }, new Set(['b']));
  assert.deepEqual(read.packages.map(p => [p.reason, p.direct]), [['older Python', false], ['newest', false], ['', true]]);
});

test('puts the gravest message first, with links to the web alone', () => {
  const { notes } = readLocked({ version: 1, lock: { packages: [] }, messages: [
    { type: 'INFO', message: 'i' }, { type: 'ERROR', message: 'e', link: 'javascript:alert(1)' },
    { type: 'WARNING', message: 'w', link: 'https://index.example', package: 'numpy', cell_id: 'c', line: 3 }] }, none);
  assert.deepEqual(notes.map(n => n.severity), ['ERROR', 'WARNING', 'INFO']);
  assert.deepEqual(notes[1], { severity: 'WARNING', text: 'numpy: w', link: 'https://index.example', cell: 'c', line: 3 });
  assert.equal(notes[0].link, '');
});

test('says once what is in a cell still', () => {
  const note = { severity: 'WARNING', text: 'm', link: '', cell: 'a', line: 1 };
  const finding = { cell: 'a', line: 2, severity: 'warning', message: 'm' };
  assert.deepEqual(newNotes([note], [finding]), []);
  assert.deepEqual(newNotes([note], [{ ...finding, cell: 'b' }]), [note]);
});

test('shows nothing of a later form, and says so', () => {
  const read = readLocked({ version: 9, lock: { packages: ['a==1'] }, messages: [{ message: 'x' }] }, none);
  assert.ok(read.isForeign);
  assert.equal(read.packages.length + read.notes.length, 0);
});

test('takes whatever a hostile notebook holds', () => {
  for (const odd of [undefined, null, 7, 'x', [], { lock: 7 }, { lock: { packages: 'x' } }, { lock: null }]) {
    assert.equal(readLocked(odd, none), null);
    assert.deepEqual(declared(odd), []);
  }
  const odd = readLocked({ version: 'x', lock: { packages: [null, 7, {}, '<img src=x onerror=alert(1)>==1'], created: {}, versions: 7 },
    justification: [], messages: [null, 7, { type: {}, message: [], line: -1 }], environments: 'x' }, none);
  assert.equal(odd.packages.length, 1);
  assert.equal(odd.packages[0].name, '<img src=x onerror=alert(1)>==1');
  assert.equal(odd.notes.length, 3);
  assert.equal(readLocked({ lock: { packages: Array(100000).fill('a==1') } }, none).packages.length, 2000);
});

test('knows the name in a requirement', () => {
  for (const [text, name] of [['Foo.Bar[x]>=2', 'foo-bar'], [' six ', 'six'], ['>=2', ''], ['', '']]) {
    assert.equal(nameOf(text), name);
  }
});

test('filters by all words', () => {
  const { packages } = readLocked({ lock: { packages: ['numpy==2', 'pandas==3'] }, justification: { numpy: 'pandas requires it' } }, none);
  assert.deepEqual(filterPackages(packages, 'PANDAS').map(p => p.name), ['numpy', 'pandas']);
  assert.deepEqual(filterPackages(packages, 'pandas 2').map(p => p.name), ['numpy']);
  assert.equal(filterPackages(packages, ' ').length, 2);
});

test('follows a lock from its beginning to its end', () => {
  const model = new NotebookModel();
  model.connect('open');
  model.begin('r1');
  says(model, { type: 'hello', state: 'unlocked', need: ['cells'] });
  assert.equal(moodOf(model, false), 'busy');
  says(model, { type: 'progress', id: 'r1', phase: 'index', done: 1, total: 2 });
  says(model, { type: 'progress', id: 'other', phase: 'x', done: 1, total: 2 });
  assert.equal(model.progress.phase, 'index');
  says(model, lock('r1'));
  assert.deepEqual([model.running, model.progress, model.changes], ['', null, ['+ a 1']]);
  says(model, { type: 'hello', state: 'locked' });
  assert.equal(moodOf(model, true), 'good');
});

test('a lock of a cell can be stopped from the panel, and ends with it', () => {
  const model = new NotebookModel();
  model.connect('open');
  says(model, { type: 'progress', id: 'cell-3', phase: 'index', done: 1, total: 2 });
  assert.equal(model.running, 'cell-3');
  says(model, { type: 'hello', state: 'locked' });
  assert.equal(model.running, '');
});

test('a failure stays until the next lock, a stop is none', () => {
  const model = new NotebookModel();
  model.connect('open');
  model.begin('r1');
  says(model, { type: 'error', id: 'r1', error: { kind: 'interrupted', message: 'interrupted' } });
  assert.equal(model.failure, null);
  says(model, { type: 'error', id: 'r2', error: { kind: 'unsatisfiable', message: 'nothing fits', cell_id: 'a', line: 2 } });
  assert.deepEqual([model.failure.message, model.failure.cell, model.failure.line], ['nothing fits', 'a', 2]);
  says(model, lock('r3'));
  assert.equal(model.failure, null);
});

test('a lock waits for a yes when the user wants that, a replay never', () => {
  const model = new NotebookModel();
  says(model, lock('r1', { replay: true }), false);
  assert.deepEqual([model.pending, model.changes], [null, null]);
  says(model, lock('r1'), false);
  assert.equal(model.pending.id, 'r1');
  model.settle();
  assert.equal(model.pending, null);
});

test('a companion that goes takes what it said with it', () => {
  const model = new NotebookModel();
  let changed = 0;
  model.changed.connect(() => changed++);
  model.connect('open');
  model.begin('r1');
  says(model, { type: 'hello', state: 'differs', differs: [{ name: 'a', locked: '1', installed: null }] });
  says(model, { type: 'installs', cell: 'c', requirements: [], restart: ['numpy'] });
  assert.deepEqual(model.differs, [{ name: 'a', locked: '1', installed: '' }]);
  model.connect('absent');
  assert.deepEqual([model.running, model.restart, model.differs, moodOf(model, true)], ['', [], [], 'plain']);
  assert.equal(changed, 5);
});

test('reads findings and requirements, and nothing odd among them', () => {
  const model = new NotebookModel();
  says(model, { type: 'findings', cells: { a: [{ line: 2, message: 'm', severity: 'info' }, null, 7], b: 'x' } });
  assert.deepEqual(model.findings, [{ cell: 'a', line: 2, severity: 'info', message: 'm' }]);
  says(model, { type: 'requirements', requirements: [{ name: 'a', text: 'a>=1', origin: 'import', cell: 2, cell_id: 'c', line: 1, locks: false },
    { name: 7, origin: 'x' }, null] });
  assert.equal(model.requirements.length, 2);
  assert.deepEqual([model.requirements[0].locks, model.requirements[1].origin], [false, 'file']);
  says(model, { type: 'candidates', id: 'x', names: ['pandas', 7] });
  assert.deepEqual(model.candidates, ['pandas']);
});
