/** The commands, for palette, menu, toolbar and panel (schema/plugin.json places them). */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import { lockIcon } from './icon.js';
import { CommandIDs } from './tokens.js';
import type { IFollowed } from './tokens.js';

/** Arguments of `thoth:lock`, as JSON schema. */
const LOCK_ARGS = {
  type: 'object',
  properties: {
    upgrade: { type: 'boolean', description: 'Choose newer versions where they fit' }
  }
} as const;

/** Arguments of `thoth:go-to-cell`. */
const CELL_ARGS = {
  type: 'object',
  properties: {
    cell: { type: 'string', description: 'The id of the cell' },
    line: { type: 'number', description: 'The line, from 1' }
  },
  required: ['cell']
} as const;

const NO_ARGS = { type: 'object', properties: {} } as const;

/** What the commands work on. */
export interface ICommandOptions {
  app: JupyterFrontEnd;
  tracker: INotebookTracker;
  trans: TranslationBundle;
  /** The notebook that the user looks at. */
  current: () => IFollowed | undefined;
  openPanel: () => void;
}

/** The name of an installed kernelspec that has the companion, or ''. The notebook's language comes first. */
export function companionSpec(app: JupyterFrontEnd): string {
  const specs = Object.values(app.serviceManager.kernelspecs.specs?.kernelspecs ?? {});
  const ours = specs.filter(spec => spec?.argv.some(word => /(^|\/)thoth-kernel$/.test(word)));
  return (ours.find(spec => spec?.language === 'python') ?? ours[0])?.name ?? '';
}

function addLocking({ app, trans, current }: ICommandOptions): void {
  const isReady = () => current()?.link.isOpen ?? false;
  app.commands.addCommand(CommandIDs.lock, {
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
      if (followed && followed.model.running === '') {
        const id = followed.link.lock(args['upgrade'] === true ? { upgrade: true } : {});
        followed.model.begin(id);
        followed.notifier.begin(id);
      }
    }
  });
  app.commands.addCommand(CommandIDs.cancel, {
    label: trans.__('Stop Locking'),
    caption: trans.__('Give the lock under way up; the notebook stays as it is'),
    isEnabled: isReady,
    describedBy: { args: NO_ARGS },
    execute: () => {
      const followed = current();
      if (followed && followed.model.running !== '') {
        followed.link.cancel(followed.model.running);
      }
    }
  });
}

/** All of them. */
export function addCommands(options: ICommandOptions): void {
  const { app, tracker, trans } = options;
  addLocking(options);
  app.commands.addCommand(CommandIDs.openPanel, {
    label: trans.__('Show Dependencies'),
    caption: trans.__('What this notebook needs, what is locked, and why'),
    icon: lockIcon,
    describedBy: { args: NO_ARGS },
    execute: options.openPanel
  });
  app.commands.addCommand(CommandIDs.goToCell, {
    label: trans.__('Go to Cell'),
    describedBy: { args: CELL_ARGS },
    isVisible: () => false,
    execute: async args => {
      const notebook = tracker.currentWidget?.content;
      const index = notebook?.widgets.findIndex(cell => cell.model.id === args['cell']) ?? -1;
      const cell = notebook?.widgets[index];
      if (!notebook || !cell) {
        return;
      }
      notebook.activeCellIndex = index;
      await notebook.scrollToItem(index, 'center');
      const line = typeof args['line'] === 'number' ? args['line'] : 0;
      if (line > 0 && cell.editor && line <= cell.editor.lineCount) {
        cell.editor.setCursorPosition({ line: line - 1, column: 0 });
      }
      notebook.mode = 'edit';
      cell.editor?.focus();
    }
  });
  app.commands.addCommand(CommandIDs.useCompanion, {
    label: trans.__('Use a Kernel with Thoth'),
    caption: trans.__('Start this notebook in the same Python, behind the companion of thoth'),
    isEnabled: () => tracker.currentWidget !== null && companionSpec(app) !== '',
    describedBy: { args: NO_ARGS },
    execute: async () => {
      const name = companionSpec(app);
      await tracker.currentWidget?.sessionContext.changeKernel({ name });
    }
  });
}
