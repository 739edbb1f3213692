/** Marks in cells: what was found in them, below their code. */
import type { NotebookPanel } from '@jupyterlab/notebook';

import type { NotebookModel } from './model.js';
import type { IFinding } from './protocol.js';

const CLASS = 'thoth-cell-notes';

/** Keeps the marks of one view of a notebook; it goes with the view. */
export class CellMarks {
  constructor(
    private readonly _view: NotebookPanel,
    private readonly _model: NotebookModel
  ) {
    _model.changed.connect(this._update, this);
    _view.disposed.connect(() => _model.changed.disconnect(this._update, this));
    this._update();
  }

  private _update(): void {
    const { findings } = this._model;
    if (findings === this._drawn) {
      return;
    }
    this._drawn = findings;
    for (const cell of this._view.content.widgets) {
      const own = findings.filter(finding => finding.cell === cell.model.id);
      void cell.ready.then(() => {
        if (this._drawn === findings && !cell.isDisposed) {
          this._draw(cell.node.querySelector('.jp-InputArea-editor'), own);
        }
      });
    }
  }

  private _draw(editor: Element | null, findings: readonly IFinding[]): void {
    editor?.querySelector(`:scope > .${CLASS}`)?.remove();
    if (!editor || findings.length === 0) {
      return;
    }
    const notes = document.createElement('ul');
    notes.className = CLASS;
    for (const finding of findings) {
      const item = document.createElement('li');
      item.textContent = finding.line > 0 ? `${finding.line}: ${finding.message}` : finding.message;
      notes.appendChild(item);
    }
    editor.appendChild(notes);
  }

  private _drawn: readonly IFinding[] | null = null;
}
