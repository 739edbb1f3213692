/** What the user is told outside the notebook: progress and the end of a lock, install cells. */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { afterInstall, changes, decide } from './decide.js';
import type { Recording } from './decide.js';
import type { NotebookLink } from './link.js';
import type { IFailure, IInstalls, ILock, IProgress } from './protocol.js';
import type { ISettings } from './tokens.js';

/** What the notifications need from the rest. */
export interface INotifyOptions {
  trans: TranslationBundle;
  settings: () => ISettings;
  /** Remember an answer. */
  setRecording: (value: Recording) => void;
  restartKernel: () => void;
  /** The panel shows this notebook: what it says need not be said twice. */
  isShown: () => boolean;
}

/** Follows one notebook's companion. */
export class Notifier {
  constructor(
    private readonly _link: NotebookLink,
    private readonly _options: INotifyOptions
  ) {
    _link.message.connect((_, message) => {
      switch (message.type) {
        case 'progress':
          return this._onProgress(message);
        case 'lock':
          return this._onLock(message);
        case 'error':
          return this._onFailure(message);
        case 'installs':
          return this._onInstalls(message);
        default:
          return;
      }
    });
    _link.changed.connect(() => {
      if (!_link.isOpen) {
        this._dropAll();
      }
    });
  }

  /** A request of the user's own has begun: it is followed until it ends. */
  begin(id: string): void {
    const { trans } = this._options;
    if (id === '' || this._options.isShown()) {
      return;
    }
    const toast = Notification.emit(trans.__('Locking %1 …', this._link.name), 'in-progress', {
      autoClose: false,
      actions: [{ label: trans.__('Stop'), callback: () => this._link.cancel(id) }]
    });
    this._running.set(id, toast);
  }

  private _onProgress(progress: IProgress): void {
    const { trans } = this._options;
    const toast = this._running.get(progress.id);
    if (!toast) {
      return;
    }
    const known = progress.total > 0;
    Notification.update({
      id: toast,
      message: known
        ? trans.__('Locking %1: %2 (%3 of %4)', this._link.name, progress.phase, progress.done, progress.total)
        : trans.__('Locking %1: %2', this._link.name, progress.phase),
      ...(known ? { progress: Math.min(1, progress.done / progress.total) } : {})
    });
  }

  private _onLock(lock: ILock): void {
    const { trans } = this._options;
    const { added, removed, changed, total } = changes(lock);
    const what =
      added + removed + changed > 0
        ? trans.__('%1: %2 packages locked (%3 added, %4 removed, %5 changed)', this._link.name, total, added, removed, changed)
        : trans.__('%1: %2 packages locked, as before', this._link.name, total);
    const mayWrite = this._options.settings().autoWriteMetadata;
    if (!mayWrite && decide(lock, undefined) === 'write' && !lock.replay && !this._options.isShown()) {
      this._end(lock.id, 'info', what, [
        { label: trans.__('Write it'), callback: () => void this._link.write(lock) }
      ]);
    } else if (this._running.has(lock.id)) {
      this._end(lock.id, 'success', what);
    }
  }

  private _onFailure(failure: IFailure): void {
    if (!this._running.has(failure.id)) {
      return; /* of a cell: it is in its output */
    }
    if (failure.kind === 'interrupted') {
      this._end(failure.id, 'info', this._options.trans.__('%1: locking stopped', this._link.name));
      return;
    }
    const hint = failure.hint ? ` (${failure.hint})` : '';
    this._end(failure.id, 'error', `${this._link.name}: ${failure.message}${hint}`);
  }

  private _onInstalls(installs: IInstalls): void {
    const { trans } = this._options;
    const todo = afterInstall(installs, this._options.settings().recordInstalls);
    const names = installs.requirements.join(', ');
    if (todo.record) {
      this._link.add(installs.requirements);
    } else if (todo.offer) {
      Notification.info(trans.__('Record %1 as a requirement of this notebook?', names), {
        autoClose: 20000,
        actions: [
          { label: trans.__('Record'), callback: () => void this._link.add(installs.requirements) },
          {
            label: trans.__('Always'),
            callback: () => {
              this._options.setRecording('always');
              this._link.add(installs.requirements);
            }
          },
          { label: trans.__('Never'), callback: () => this._options.setRecording('never') }
        ]
      });
    }
    if (todo.restart && !this._options.isShown()) {
      Notification.warning(
        trans.__('Restart the kernel to use what was installed: %1 had been imported before', installs.restart.join(', ')),
        { autoClose: 20000, actions: [{ label: trans.__('Restart…'), callback: this._options.restartKernel }] }
      );
    }
  }

  /** The last word about a request. */
  private _end(id: string, type: Notification.TypeOptions, message: string, actions: Notification.IAction[] = []): void {
    const toast = this._running.get(id);
    this._running.delete(id);
    const options = { autoClose: type === 'error' ? (false as const) : 8000, actions };
    if (toast) {
      Notification.update({ id: toast, message, type, ...options });
    } else {
      Notification.emit(message, type, options);
    }
  }

  private _dropAll(): void {
    this._running.forEach(toast => Notification.dismiss(toast));
    this._running.clear();
  }

  private readonly _running = new Map<string, string>();
}
