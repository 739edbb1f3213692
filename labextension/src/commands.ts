/** The commands, for palette, menu and toolbar (schema/plugin.json places them). */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { lockIcon } from './icon.js';
import type { NotebookLink } from './link.js';
import type { Notifier } from './notify.js';
import { CommandIDs } from './tokens.js';

/** Arguments of `thoth:lock`, as JSON schema. */
const LOCK_ARGS = {
  type: 'object',
  properties: {
    upgrade: { type: 'boolean', description: 'Choose newer versions where they fit' }
  }
} as const;

/** @param current - the notebook that the user looks at */
export function addCommands(
  commands: CommandRegistry,
  trans: TranslationBundle,
  current: () => { link: NotebookLink; notifier: Notifier } | undefined
): void {
  const isReady = () => current()?.link.isOpen ?? false;
  commands.addCommand(CommandIDs.lock, {
    label: trans.__('Lock Dependencies'),
    caption: () =>
      isReady()
        ? trans.__('Choose and pin every package that this notebook needs')
        : trans.__('Locking needs a kernel with thoth, such as "Python 3 (thoth)"'),
    icon: lockIcon,
    isEnabled: isReady,
    describedBy: { args: LOCK_ARGS },
    execute: args => {
      const followed = current();
      if (followed && followed.notifier.running === '') {
        followed.notifier.begin(followed.link.lock(args['upgrade'] === true ? { upgrade: true } : {}));
      }
    }
  });
  commands.addCommand(CommandIDs.cancel, {
    label: trans.__('Stop Locking'),
    caption: trans.__('Give the lock under way up; the notebook stays as it is'),
    isEnabled: isReady,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => {
      const followed = current();
      if (followed && followed.notifier.running !== '') {
        followed.link.cancel(followed.notifier.running);
      }
    }
  });
}
