/** Draws our outputs. Text goes in as text: what a notebook says is never taken as markup. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';

import { showJustification, showLock } from './show.js';
import type { INote, IRow, IShown } from './show.js';

const LOCK = 'application/vnd.thoth.lock+json';
const JUSTIFICATION = 'application/vnd.thoth.justification+json';

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  parent: HTMLElement,
  text = ''
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  parent.appendChild(made);
  return made;
}

function drawTable(parent: HTMLElement, heading: string, rows: IRow[]): void {
  const table = element('table', parent);
  element('caption', table, heading);
  const head = element('tr', element('thead', table));
  for (const title of ['Package', 'Version', 'Why']) {
    element('th', head, title).scope = 'col';
  }
  const body = element('tbody', table);
  for (const row of rows) {
    const line = element('tr', body);
    element('th', line, row.name).scope = 'row';
    element('td', line, row.version);
    element('td', line, row.why);
  }
}

function drawNotes(parent: HTMLElement, notes: INote[]): void {
  const list = element('ul', parent);
  for (const note of notes) {
    const item = element('li', list);
    element('span', item, note.kind).className = 'thoth-kind';
    item.append(' ', note.text, ' ');
    if (note.link) {
      const link = element('a', item, note.link);
      link.href = note.link;
      link.target = '_blank';
      link.rel = 'noopener noreferrer';
    }
  }
}

class Output extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly _mimeType: string) {
    super();
    this.addClass('thoth-output');
    this.addClass('jp-RenderedHTMLCommon');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const data = model.data[this._mimeType];
    this._draw(this._mimeType === LOCK ? showLock(data) : showJustification(data));
    return Promise.resolve();
  }

  private _draw(shown: IShown): void {
    const { node } = this;
    node.replaceChildren();
    if (shown.changes.length > 0) {
      element('p', node, 'Changed since the last lock:');
      const list = element('ul', node);
      shown.changes.forEach(change => element('li', list, change));
    }
    if (shown.rows.length > 0 || shown.heading) {
      drawTable(node, shown.heading, shown.rows);
    }
    if (shown.notes.length > 0) {
      drawNotes(node, shown.notes);
    }
    if (shown.note) {
      element('p', node, shown.note);
    }
  }
}

const extension: IRenderMime.IExtension = {
  id: 'jupyterlab-thoth:mime',
  description: 'Shows locks and their reasons in outputs.',
  rendererFactory: {
    safe: true /* shown in a notebook that is not trusted, too */,
    mimeTypes: [LOCK, JUSTIFICATION],
    createRenderer: options => new Output(options.mimeType)
  },
  rank: 0,
  dataType: 'json'
};

export default extension;
