/** Wires the plugin, nothing else. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { addCommands } from './commands.js';
import { NotebookLink } from './link.js';
import { Notifier } from './notify.js';
import { readSettings } from './settings.js';
import { CommandIDs, DEFAULTS } from './tokens.js';
import type { ISettings, NotebookContext } from './tokens.js';

/** A notebook, its companion, and what the user hears of both. */
interface IFollowed {
  link: NotebookLink;
  notifier: Notifier;
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-thoth:plugin',
  description: 'Locks what a notebook needs, and keeps the lock in the notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ISettingRegistry, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    registry: ISettingRegistry | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_thoth');
    const followed = new WeakMap<NotebookContext, IFollowed>();
    let settings: ISettings = DEFAULTS;
    let stored: ISettingRegistry.ISettings | null = null;

    registry
      ?.load(plugin.id)
      .then(loaded => {
        stored = loaded;
        settings = readSettings(loaded.composite);
        loaded.changed.connect(() => {
          settings = readSettings(loaded.composite);
        });
      })
      .catch(error => console.warn('thoth: the settings could not be read', error));

    const current = () => {
      const context = tracker.currentWidget?.context;
      return context ? followed.get(context) : undefined;
    };

    tracker.widgetAdded.connect((_, panel) => {
      const { context, sessionContext } = panel;
      void context.ready.then(() => {
        if (followed.has(context) || panel.isDisposed) {
          return; /* another view of the same notebook */
        }
        const link = new NotebookLink(context, sessionContext, () => settings);
        const notifier = new Notifier(link, {
          trans,
          settings: () => settings,
          setRecording: value => void stored?.set('recordInstalls', value),
          restartKernel: () => void app.commands.execute('notebook:restart-kernel')
        });
        followed.set(context, { link, notifier });
        link.changed.connect(() => app.commands.notifyCommandChanged(CommandIDs.lock));
        app.commands.notifyCommandChanged(CommandIDs.lock);
      });
    });
    tracker.currentChanged.connect(() => app.commands.notifyCommandChanged(CommandIDs.lock));

    addCommands(app.commands, trans, current);
    const category = trans.__('Thoth');
    palette?.addItem({ command: CommandIDs.lock, category });
    palette?.addItem({ command: CommandIDs.cancel, category });
  }
};

export default plugin;
