/** Wires the plugin, nothing else. */
import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { CellMarks } from './celldecor.js';
import { addCommands, companionSpec } from './commands.js';
import { NotebookLink } from './link.js';
import { NotebookModel } from './model.js';
import { Notifier } from './notify.js';
import { DependenciesPanel } from './panel.js';
import { readSettings } from './settings.js';
import { CommandIDs, DEFAULTS } from './tokens.js';
import type { IFollowed, ISettings, NotebookContext } from './tokens.js';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-thoth:plugin',
  description: 'Locks what a notebook needs, and keeps the lock in the notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ISettingRegistry, ICommandPalette, ITranslator, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    registry: ISettingRegistry | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null
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

    const panel = new DependenciesPanel({
      trans,
      current,
      execute: (command, args) => void app.commands.execute(command, args),
      canSwitch: () => companionSpec(app) !== ''
    });
    app.shell.add(panel, 'right', { rank: 600 });
    restorer?.add(panel, panel.id);

    const changed = () => {
      app.commands.notifyCommandChanged(CommandIDs.lock);
      panel.follow();
    };

    tracker.widgetAdded.connect((_, view) => {
      const { context, sessionContext } = view;
      void context.ready.then(() => {
        if (view.isDisposed) {
          return;
        }
        const known = followed.get(context);
        if (known) {
          new CellMarks(view, known.model); /* another view of the same notebook */
          return;
        }
        const link = new NotebookLink(context, sessionContext, () => settings);
        const notifier = new Notifier(link, {
          trans,
          settings: () => settings,
          setRecording: value => void stored?.set('recordInstalls', value),
          restartKernel: () => void app.commands.execute('notebook:restart-kernel'),
          isShown: () => panel.isVisible && current()?.link === link
        });
        const model = new NotebookModel();
        link.message.connect((_, message) => model.take(message, settings.autoWriteMetadata));
        link.changed.connect(() => {
          model.connect(link.isOpen ? 'open' : link.isAlone ? 'absent' : 'waiting');
          changed();
        });
        followed.set(context, { link, model, notifier });
        new CellMarks(view, model);
        changed();
      });
    });
    tracker.currentChanged.connect(changed);

    addCommands({ app, tracker, trans, current, openPanel: () => app.shell.activateById(panel.id) });
    const category = trans.__('Thoth');
    for (const command of [CommandIDs.lock, CommandIDs.cancel, CommandIDs.openPanel, CommandIDs.useCompanion]) {
      palette?.addItem({ command, category });
    }
  }
};

export default plugin;
