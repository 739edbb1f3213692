/**
 * What the panel shows of one notebook: the lock as its metadata holds it, and what the companion has said
 * last. No DOM in here; whatever a notebook or a comm holds, the result is plain text in rows.
 */
import type { PartialJSONObject } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import { ITEMS_MAX } from './protocol.js';
import type { IDiffer, IFailure, IFinding, ILock, IProgress, IRequirement, Message, State } from './protocol.js';
import { changesOf, safeLink } from './show.js';

/** The form of metadata.thoth that this front end can read. */
export const METADATA_VERSION = 1;

/** A locked package. */
export interface IPackage {
  name: string;
  version: string;
  /** An address instead of an index, or ''. */
  address: string;
  /** Where it applies, '' everywhere. */
  marker: string;
  hashes: number;
  reason: string;
  /** Somebody asks for it, rather than another package alone. */
  direct: boolean;
}

/** Severities, gravest first. */
export const SEVERITIES = ['ERROR', 'WARNING', 'INFO'] as const;

/** A message of the lock. */
export interface INote {
  severity: (typeof SEVERITIES)[number];
  text: string;
  /** http or https, or ''. */
  link: string;
  cell: string;
  line: number;
}

/** The lock in a notebook. */
export interface ILocked {
  packages: IPackage[];
  notes: INote[];
  environments: string[];
  /** ISO date, '' unknown. */
  created: string;
  /** The metadata is of a later form than we know: nothing of it is shown. */
  isForeign: boolean;
}

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.slice(0, ITEMS_MAX).filter(item => typeof item === 'string') : [];
}

/** PEP 503: Foo_Bar and foo-bar are one. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** The name at the start of a requirement. */
export function nameOf(requirement: string): string {
  return normalName(/^\s*([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(requirement)?.[1] ?? '');
}

/** One line of a lock: `name[extra]==version ; marker --hash=...`, or `name @ address ...`. */
export function readPackage(line: string, justification: Fields, versions: Fields): IPackage {
  const [pin = '', ...hashes] = line.split(' --hash=');
  const end = pin.indexOf(' ; ');
  const marker = end < 0 ? '' : pin.slice(end + 3).trim();
  const what = (end < 0 ? pin : pin.slice(0, end)).trim();
  const at = what.indexOf(' @ ');
  const name = nameOf(what) || what;
  const version = at < 0 ? (what.split('==')[1] ?? '').trim() : text(versions[what]);
  return {
    name,
    version,
    address: at < 0 ? '' : what.slice(at + 3),
    marker,
    hashes: hashes.length,
    reason: text(justification[`${name}==${version}`]) || text(justification[name]),
    direct: false
  };
}

function readNote(value: unknown): INote {
  const item = fields(value);
  const about = text(item.package);
  const message = text(item.message);
  return {
    severity: SEVERITIES.find(severity => severity === item.type) ?? 'INFO',
    text: about && !message.includes(about) ? `${about}: ${message}` : message,
    link: safeLink(item.link),
    cell: text(item.cell_id),
    line: typeof item.line === 'number' && item.line > 0 ? Math.floor(item.line) : 0
  };
}

/** Read metadata.thoth. `asked`: normalised names that somebody asks for. */
export function readLocked(metadata: unknown, asked: ReadonlySet<string>): ILocked | null {
  const thoth = fields(metadata);
  const lock = fields(thoth.lock);
  const isForeign = typeof thoth.version === 'number' && thoth.version > METADATA_VERSION;
  if (!isForeign && !Array.isArray(lock.packages)) {
    return null;
  }
  const justification = fields(thoth.justification);
  const notes = Array.isArray(thoth.messages) ? thoth.messages.slice(0, ITEMS_MAX).map(readNote) : [];
  return {
    packages: isForeign
      ? []
      : texts(lock.packages).map(line => {
          const read = readPackage(line, justification, fields(lock.versions));
          return { ...read, direct: asked.has(read.name) };
        }),
    notes: isForeign ? [] : SEVERITIES.flatMap(severity => notes.filter(note => note.severity === severity)),
    environments: isForeign ? [] : texts(thoth.environments),
    created: isForeign ? '' : text(lock.created),
    isForeign
  };
}

/** The messages that are not found in the cells as they stand, too. */
export function newNotes(notes: readonly INote[], findings: readonly IFinding[]): INote[] {
  return notes.filter(note => !findings.some(found => found.cell === note.cell && found.message === note.text));
}

/** What metadata.thoth declares, for a notebook that no companion has looked at. */
export function declared(metadata: unknown): IRequirement[] {
  return texts(fields(fields(metadata).requirements).packages).map(requirement => ({
    name: nameOf(requirement),
    text: requirement,
    origin: 'metadata',
    cell: 0,
    cellId: '',
    line: 0,
    locks: true
  }));
}

/** Those whose name, version or reason has all the words. */
export function filterPackages(packages: readonly IPackage[], words: string): IPackage[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return packages.filter(one => {
    const all = `${one.name} ${one.version} ${one.reason}`.toLowerCase();
    return wanted.every(word => all.includes(word));
  });
}

/** Is there somebody to ask? */
export type Companion = 'waiting' | 'absent' | 'open';

/** Follows what the companion of one notebook says. */
export class NotebookModel {
  companion: Companion = 'waiting';
  state: State = 'unlocked';
  /** The request under way, '' for none. */
  running = '';
  progress: IProgress | null = null;
  failure: IFailure | null = null;
  differs: IDiffer[] = [];
  findings: IFinding[] = [];
  /** null: nobody has looked yet. */
  requirements: IRequirement[] | null = null;
  /** What the last lock changed, one line each; null: there was none. */
  changes: string[] | null = null;
  /** Modules that had been imported before their package was changed. */
  restart: string[] = [];
  /** A lock that waits for the user's word (setting autoWriteMetadata off). */
  pending: ILock | null = null;
  candidates: string[] = [];

  /** Something is to be shown anew. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A request of this page has begun. */
  begin(id: string): void {
    if (id !== '') {
      this.running = id;
      this.progress = null;
      this.failure = null;
      this._changed.emit();
    }
  }

  /** The comm has opened or closed; what was under way went with it. */
  connect(companion: Companion): void {
    if (companion === this.companion) {
      return;
    }
    this.companion = companion;
    this.running = '';
    this.progress = null;
    if (companion !== 'open') {
      this.state = 'unlocked';
      this.differs = [];
      this.restart = [];
      this.requirements = null;
    }
    this._changed.emit();
  }

  /** `writes`: locks go into the notebook without asking. */
  take(message: Message, writes: boolean): void {
    switch (message.type) {
      case 'hello':
        this.state = message.state;
        this.differs = message.differs;
        if (message.state !== 'resolving' && this.progress !== null) {
          this._end(this.progress.id);
        }
        break;
      case 'progress':
        this.running = this.running || message.id;
        this.progress = message.id === this.running ? message : this.progress;
        break;
      case 'lock':
        this._end(message.id);
        this.failure = null;
        this.pending = !writes && !message.replay ? message : null;
        if (!message.replay) {
          this.changes = changesOf(message.diff as unknown as PartialJSONObject);
        }
        break;
      case 'error':
        this._end(message.id);
        this.failure = message.kind === 'interrupted' ? null : message;
        break;
      case 'installs':
        this.restart = message.restart;
        break;
      case 'findings':
        this.findings = message.findings;
        break;
      case 'requirements':
        this.requirements = message.requirements;
        break;
      case 'candidates':
        this.candidates = [...message.names, ...message.versions];
        break;
    }
    this._changed.emit();
  }

  /** The pending lock was written, or is not wanted. */
  settle(): void {
    this.pending = null;
    this._changed.emit();
  }

  private _end(id: string): void {
    if (this.running === id || this.progress?.id === id) {
      this.running = '';
      this.progress = null;
    }
  }

  private readonly _changed = new Signal<this, void>(this);
}

/** How a state looks: its kind decides about colour and sign, never colour alone. */
export type Mood = 'good' | 'busy' | 'attention' | 'bad' | 'plain';

/** The mood of the state line. */
export function moodOf(model: NotebookModel, isLocked: boolean): Mood {
  if (model.running !== '' || model.state === 'resolving') {
    return 'busy';
  }
  if (model.companion !== 'open') {
    return 'plain';
  }
  switch (model.state) {
    case 'failed':
      return 'bad';
    case 'stale':
    case 'differs':
      return 'attention';
    default:
      return isLocked ? 'good' : 'plain';
  }
}
