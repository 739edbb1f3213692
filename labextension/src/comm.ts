/** The comm with the companion: opened when its kernel is there, and again after a restart. */
import type { ISessionContext } from '@jupyterlab/apputils';
import { CommsOverSubshells } from '@jupyterlab/services';
import type { Kernel } from '@jupyterlab/services';
import type { PartialJSONObject, JSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import { readMessage, TARGET } from './protocol.js';
import type { Message } from './protocol.js';

/** A companion answers at once, whatever the kernel does; after so many ms there is none, or a new one. */
const SILENCE = 4000;

/** Is there a companion in front of this kernel? A plain kernel would log a fault for our comm. */
async function hasCompanion(kernel: Kernel.IKernelConnection): Promise<boolean> {
  const spec = await kernel.spec;
  if (spec?.argv.some(word => /(^|\/)thoth-kernel$/.test(word))) {
    return true; /* known even while a cell runs */
  }
  return (await kernel.info).banner.includes('%thoth');
}

/** One comm at a time with the kernel that a session has right now. */
export class CompanionComm implements IDisposable {
  /** @param opening - what the companion is told when the comm opens */
  constructor(
    private readonly _session: ISessionContext,
    private readonly _opening: () => PartialJSONObject
  ) {
    _session.kernelChanged.connect(this._onKernel, this);
    _session.statusChanged.connect(this._onStatus, this);
    void this._open();
  }

  /** What the companion says. */
  get message(): ISignal<this, Message> {
    return this._message;
  }

  /** The comm has opened or closed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isOpen(): boolean {
    return this._comm !== null;
  }

  /** The kernel has no companion, or another connection of the page has its comms. */
  get isAlone(): boolean {
    return this._isAlone;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** False when there is nobody to send it to. */
  send(data: PartialJSONObject): boolean {
    if (!this._comm || this._comm.isDisposed) {
      return false;
    }
    this._comm.send(data as JSONObject).done.catch(() => undefined);
    return true;
  }

  /**
   * Send what the companion answers at once. When it stays silent, somebody else has restarted the
   * kernel, and the comm with it: open another one, and ask once more.
   */
  request(data: PartialJSONObject): boolean {
    const heard = this._heard;
    const comm = this._comm;
    if (!this.send(data)) {
      return false;
    }
    window.setTimeout(() => {
      if (this._heard === heard && this._comm === comm && !this._isDisposed) {
        comm?.dispose();
        this._comm = null;
        void this._open().then(() => this.send(data) || this._changed.emit());
      }
    }, SILENCE);
    return true;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    const comm = this._comm;
    this._comm = null;
    Signal.clearData(this);
    if (comm && !comm.isDisposed && this._session.session?.kernel?.status !== 'dead') {
      comm.close().done.catch(() => undefined);
    }
  }

  private _onKernel(): void {
    this._isAlone = false;
    this._drop();
    void this._open();
  }

  private _onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this._drop();
    } else if (status === 'idle' && !this._comm) {
      void this._open();
    }
  }

  /** The kernel has gone, and with it the comm. */
  private _drop(): void {
    if (this._comm) {
      this._comm = null;
      this._changed.emit();
    }
  }

  private async _open(): Promise<void> {
    const kernel = this._session.session?.kernel;
    if (!kernel || this._opens === kernel || this._comm || kernel.isDisposed) {
      return;
    }
    this._opens = kernel;
    try {
      /* of several connections to a kernel only one has comms */
      if (!kernel.handleComms || !(await hasCompanion(kernel))) {
        this._isAlone = true;
        this._changed.emit();
        return;
      }
      if (this._isDisposed || kernel.isDisposed || this._session.session?.kernel !== kernel) {
        return;
      }
      const comm = kernel.createComm(TARGET);
      comm.commsOverSubshells = CommsOverSubshells.Disabled; /* the companion answers, not the kernel */
      comm.onMsg = msg => {
        const message = readMessage(msg.content.data);
        this._heard++;
        if (message && this._comm === comm) {
          this._message.emit(message);
        }
      };
      comm.onClose = () => {
        if (this._comm === comm) {
          this._drop();
        }
      };
      this._comm = comm;
      this._isAlone = false;
      comm.open(this._opening() as JSONObject).done.catch(() => undefined);
      this._changed.emit();
    } catch (error) {
      console.warn('thoth: no comm with the companion', error);
    } finally {
      this._opens = null;
    }
  }

  private _comm: Kernel.IComm | null = null;
  private _opens: Kernel.IKernelConnection | null = null;
  private _heard = 0;
  private _isAlone = false;
  private _isDisposed = false;
  private readonly _message = new Signal<this, Message>(this);
  private readonly _changed = new Signal<this, void>(this);
}
