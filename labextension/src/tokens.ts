/** What the parts of the extension share. */
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { NotebookPanel, INotebookModel } from '@jupyterlab/notebook';

import type { Recording } from './decide.js';
import type { NotebookLink } from './link.js';
import type { NotebookModel } from './model.js';
import type { Notifier } from './notify.js';

/** The commands, one namespace. */
export namespace CommandIDs {
  export const lock = 'thoth:lock';
  export const cancel = 'thoth:cancel';
  export const openPanel = 'thoth:open-panel';
  export const goToCell = 'thoth:go-to-cell';
  export const useCompanion = 'thoth:use-companion';
}

/** Id of the panel, for the layout. */
export const PANEL_ID = 'thoth-panel';

/** The document behind one or more views of a notebook. */
export type NotebookContext = DocumentRegistry.IContext<INotebookModel>;

/** A notebook, its companion, what is shown of both, and what the user hears. */
export interface IFollowed {
  link: NotebookLink;
  model: NotebookModel;
  notifier: Notifier;
}

/** The user's settings (schema/plugin.json). */
export interface ISettings {
  autoWriteMetadata: boolean;
  saveAfterLock: boolean;
  recordInstalls: Recording;
  recommendationType: string;
  timeout: number;
}

/** The settings as they are by default. */
export const DEFAULTS: ISettings = {
  autoWriteMetadata: true,
  saveAfterLock: true,
  recordInstalls: 'ask',
  recommendationType: 'stable',
  timeout: 0
};

/** A view of a notebook, and its document. */
export type View = NotebookPanel;
