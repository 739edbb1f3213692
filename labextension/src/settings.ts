/** The user's settings out of whatever stands in the settings file. */
import { DEFAULTS } from './tokens.js';
import type { ISettings } from './tokens.js';

const RECORDINGS: readonly unknown[] = ['ask', 'always', 'never'];
const TYPES: readonly unknown[] = ['latest', 'stable', 'testing', 'performance', 'security'];

/** Values of a wrong type count as not given. */
export function readSettings(composite: Readonly<Record<string, unknown>>): ISettings {
  const { autoWriteMetadata, saveAfterLock, recordInstalls, recommendationType, timeout } = composite;
  return {
    autoWriteMetadata: typeof autoWriteMetadata === 'boolean' ? autoWriteMetadata : DEFAULTS.autoWriteMetadata,
    saveAfterLock: typeof saveAfterLock === 'boolean' ? saveAfterLock : DEFAULTS.saveAfterLock,
    recordInstalls: RECORDINGS.includes(recordInstalls)
      ? (recordInstalls as ISettings['recordInstalls'])
      : DEFAULTS.recordInstalls,
    recommendationType: TYPES.includes(recommendationType) ? (recommendationType as string) : DEFAULTS.recommendationType,
    timeout: typeof timeout === 'number' && timeout > 0 ? Math.round(timeout) : DEFAULTS.timeout
  };
}
