/**
 * What to do with a lock that came: pure functions over JSON values, so that they can be tested
 * without a page.
 */
import { JSONExt } from '@lumino/coreutils';
import type { PartialJSONObject, PartialJSONValue, ReadonlyPartialJSONValue } from '@lumino/coreutils';

import type { IInstalls, ILock } from './protocol.js';

/**
 * `write`: put it into the notebook. `same`: it is there already. `ignore`: the notebook has
 * something newer.
 */
export type Decision = 'write' | 'same' | 'ignore';

function created(value: PartialJSONValue | undefined): string {
  const lock = (value as PartialJSONObject | undefined)?.['lock'] as PartialJSONObject | undefined;
  const when = lock?.['created'];
  return typeof when === 'string' ? when : '';
}

function equal(a: PartialJSONValue, b: PartialJSONValue): boolean {
  return JSONExt.deepEqual(a as ReadonlyPartialJSONValue, b as ReadonlyPartialJSONValue);
}

/**
 * Compare a lock with metadata.thoth as it stands. A lock that is sent again when a comm opens must
 * not undo what somebody did since, and must not make an unchanged notebook look changed.
 */
export function decide(lock: ILock, current: PartialJSONValue | undefined): Decision {
  if (lock.metadata === null ? current === undefined : current !== undefined && equal(lock.metadata, current)) {
    return 'same';
  }
  if (!lock.replay) {
    return 'write';
  }
  if (lock.settled || (current !== undefined && created(current) > created(lock.metadata ?? undefined))) {
    return 'ignore';
  }
  return 'write';
}

/** Counts for a sentence about what a lock changed. */
export function changes(lock: ILock): { added: number; removed: number; changed: number; total: number } {
  const packages = (lock.metadata?.['lock'] as PartialJSONObject | undefined)?.['packages'];
  return {
    added: lock.diff.added.length,
    removed: lock.diff.removed.length,
    changed: lock.diff.changed.length,
    total: Array.isArray(packages) ? packages.length : 0
  };
}

/** What the setting says about recording: `ask`, `always` or `never`. */
export type Recording = 'ask' | 'always' | 'never';

/** Which of the two things to do after an install cell. */
export function afterInstall(
  installs: IInstalls,
  setting: Recording
): { record: boolean; offer: boolean; restart: boolean } {
  const some = installs.requirements.length > 0;
  return {
    record: some && setting === 'always',
    offer: some && setting === 'ask',
    restart: installs.restart.length > 0
  };
}
