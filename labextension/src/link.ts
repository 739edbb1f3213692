/** One notebook and its companion: answers what is asked about the notebook, writes what comes. */
import type { ISessionContext } from '@jupyterlab/apputils';
import { NotebookActions } from '@jupyterlab/notebook';
import { UUID } from '@lumino/coreutils';
import type { PartialJSONObject, PartialJSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import { CompanionComm } from './comm.js';
import { decide } from './decide.js';
import { packCells, TARGET } from './protocol.js';
import type { ICell, ILock, Message, State } from './protocol.js';
import type { ISettings, NotebookContext } from './tokens.js';

/** How long a changed notebook may change further before the companion is told, in ms. */
const SETTLE = 300;

/** The same for cells, which change with every key; only while somebody looks. */
const TYPING = 1500;

/** How long the output of the cell that locks is waited for before the notebook is saved, in ms. */
const OUTPUT = 5000;

/** One for each document, however many views of it there are. */
export class NotebookLink implements IDisposable {
  constructor(
    private readonly _context: NotebookContext,
    session: ISessionContext,
    private readonly _settings: () => ISettings
  ) {
    this._comm = new CompanionComm(session, () => ({
      v: 1,
      client: 'lab',
      caps: ['progress', 'diff'],
      ...this._about(),
      cells: this._cells()
    }));
    this._comm.message.connect(this._onMessage, this);
    this._comm.changed.connect(this._onComm, this);
    _context.model.sharedModel.metadataChanged.connect(this._onMetadata, this);
    _context.model.contentChanged.connect(this._onContent, this);
    _context.pathChanged.connect(this._tell, this);
    NotebookActions.executionScheduled.connect(this._onScheduled, this);
    NotebookActions.executed.connect(this._onExecuted, this);
    _context.disposed.connect(this.dispose, this);
  }

  /** What the companion says, after it was acted upon. */
  get message(): ISignal<this, Message> {
    return this._message;
  }

  /** The state, or whether there is a companion, has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isOpen(): boolean {
    return this._comm.isOpen;
  }

  get isDisposed(): boolean {
    return this._comm.isDisposed;
  }

  get state(): State {
    return this._state;
  }

  /** The notebook's file name. */
  get name(): string {
    return this._context.path.split('/').pop() ?? this._context.path;
  }

  /** Is there no companion with this kernel, rather than none yet? */
  get isAlone(): boolean {
    return this._comm.isAlone;
  }

  /** metadata.thoth as it stands. */
  get metadata(): PartialJSONValue | undefined {
    return this._current();
  }

  /** metadata.thoth was changed, by whomever. */
  get metadataChanged(): ISignal<this, void> {
    return this._metadataChanged;
  }

  /** Somebody looks: what there is to say is asked for now, and again when cells change. */
  set isWatched(watched: boolean) {
    if (watched && !this._isWatched) {
      this._comm.send({ type: 'look' });
    }
    this._isWatched = watched;
  }

  /** Ask for a lock; the id of the request, or '' when there is nobody to ask. */
  lock(options: PartialJSONObject = {}): string {
    const { recommendationType, timeout } = this._settings();
    const all: PartialJSONObject = { ...options };
    if (recommendationType !== 'stable') {
      all['recommendation-type'] = recommendationType;
    }
    if (timeout > 0) {
      all['timeout'] = timeout;
    }
    return this._request('lock', { options: all });
  }

  /** Declare requirements. */
  add(requirements: string[]): string {
    return this._request('add', { requirements });
  }

  /** Take declared requirements out. */
  remove(names: string[]): string {
    return this._request('remove', { requirements: names });
  }

  /** Ask for names that start so, or for the versions of a package. */
  complete(what: { name: string } | { package: string }): string {
    return this._request('complete', what);
  }

  /** Give a request up. */
  cancel(id: string): void {
    this._comm.send({ type: 'cancel', id });
  }

  /** Put a lock into the notebook, save it if the user likes, and say so. */
  async write(lock: ILock): Promise<void> {
    const shared = this._context.model.sharedModel;
    const { metadata } = lock;
    shared.transact(() => {
      if (metadata === null) {
        shared.deleteMetadata(TARGET);
      } else {
        shared.setMetadata(TARGET, metadata);
      }
    });
    /* another tab that shows the notebook has asked for it, and saves it */
    const isOurs = lock.replay || this._asked.delete(lock.id) || (lock.id.startsWith('cell-') && this._executing > 0);
    const saving = isOurs && this._settings().saveAfterLock && this._context.contentsModel?.writable !== false;
    this._comm.send({ type: 'written', id: lock.id, saved: false, saving });
    if (saving && (await this._save(lock.id.startsWith('cell-') && !lock.replay))) {
      this._comm.send({ type: 'written', id: lock.id, saved: true });
    }
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    window.clearTimeout(this._timer);
    window.clearTimeout(this._typing);
    NotebookActions.executionScheduled.disconnect(this._onScheduled, this);
    NotebookActions.executed.disconnect(this._onExecuted, this);
    this._comm.dispose();
    Signal.clearData(this);
  }

  private _request(type: string, data: PartialJSONObject): string {
    const id = UUID.uuid4();
    this._asked.add(id);
    return this._comm.request({ type, id, ...data }) ? id : '';
  }

  /** The path is a hint for reading files beside the notebook. */
  private _about(): PartialJSONObject {
    return { path: this._context.localPath, metadata: this._current() ?? null };
  }

  private _current(): PartialJSONValue | undefined {
    return this._context.model.sharedModel.getMetadata(TARGET);
  }

  private _cells(): PartialJSONValue {
    const cells: ICell[] = this._context.model.sharedModel.cells.map(cell => ({
      id: cell.getId(),
      type: cell.cell_type,
      source: cell.getSource()
    }));
    return packCells(cells) as unknown as PartialJSONValue;
  }

  /** Tell a change, when it is over. */
  private _tell(): void {
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => {
      this._comm.send({ type: 'metadata', ...this._about() });
    }, SETTLE);
  }

  private _onScheduled(_: unknown, args: { notebook: { model: unknown } }): void {
    this._executing += args.notebook.model === this._context.model ? 1 : 0;
  }

  private _onExecuted(_: unknown, args: { notebook: { model: unknown } }): void {
    this._executing -= args.notebook.model === this._context.model && this._executing > 0 ? 1 : 0;
  }

  private _onMetadata(): void {
    this._metadataChanged.emit();
    this._tell();
  }

  private _onContent(): void {
    if (!this._isWatched) {
      return;
    }
    window.clearTimeout(this._typing);
    this._typing = window.setTimeout(() => {
      const cells = this._cells();
      const told = JSON.stringify(cells);
      if (told !== this._told && this._comm.send({ type: 'cells', ...this._about(), cells })) {
        this._told = told;
      }
    }, TYPING);
  }

  private _onComm(): void {
    this._state = 'unlocked';
    if (this._isWatched) {
      this._comm.send({ type: 'look' });
    }
    this._changed.emit();
  }

  private _onMessage(_: CompanionComm, message: Message): void {
    if (message.type === 'hello') {
      this._state = message.state;
      this._changed.emit();
      if (message.needsCells) {
        this._comm.send({ type: 'cells', ...this._about(), cells: this._cells() });
      }
    } else if (message.type === 'lock') {
      this._take(message);
    }
    this._message.emit(message);
  }

  private _take(lock: ILock): void {
    const decision = decide(lock, this._current());
    if (decision === 'same') {
      this._comm.send({ type: 'written', id: lock.id, saved: !this._context.model.dirty });
    } else if (decision === 'write' && this._settings().autoWriteMetadata) {
      void this.write(lock);
    }
  }

  /** Save, after the output of the running cell has come if there is one. False: it was not saved. */
  private async _save(afterOutput: boolean): Promise<boolean> {
    if (afterOutput) {
      await this._cellEnds();
    }
    try {
      await this._context.save();
    } catch {
      return false; /* the document manager has told the user why */
    }
    return !this.isDisposed && !this._context.model.dirty;
  }

  private _cellEnds(): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        window.clearTimeout(timer);
        NotebookActions.executed.disconnect(onExecuted);
        resolve();
      };
      const onExecuted = (_: unknown, args: { notebook: { model: unknown } }) => {
        if (args.notebook.model === this._context.model) {
          done();
        }
      };
      const timer = window.setTimeout(done, OUTPUT);
      NotebookActions.executed.connect(onExecuted);
    });
  }

  private readonly _comm: CompanionComm;
  private _state: State = 'unlocked';
  private _timer = 0;
  private _typing = 0;
  private _told = '';
  private _isWatched = false;
  private readonly _asked = new Set<string>();
  /** Cells that this page runs; another tab may run some, too. */
  private _executing = 0;
  private readonly _message = new Signal<this, Message>(this);
  private readonly _changed = new Signal<this, void>(this);
  private readonly _metadataChanged = new Signal<this, void>(this);
}
