/**
 * The messages of comm `thoth` (docs/comm.md): their types, and a reader that takes nothing on trust.
 * No DOM and no JupyterLab in here.
 */
import type { PartialJSONObject, PartialJSONValue } from '@lumino/coreutils';

/** The comm's target, and the key of the notebook's metadata. */
export const TARGET = 'thoth';

/** The state of a notebook's lock. */
export type State = 'unlocked' | 'locked' | 'stale' | 'differs' | 'resolving' | 'failed';

const STATES: readonly string[] = ['unlocked', 'locked', 'stale', 'differs', 'resolving', 'failed'];

/** A cell as the companion wants to see it. */
export interface ICell {
  id: string;
  type: string;
  source: string;
  /** Instead of a source that is too large to send. */
  source_length?: number;
}

/** What a lock changed. */
export interface IDiff {
  added: PartialJSONValue[];
  removed: PartialJSONValue[];
  changed: PartialJSONValue[];
}

/** A package that the kernel has in another version than the lock, or not at all. */
export interface IDiffer {
  name: string;
  locked: string;
  /** '' when it is not there. */
  installed: string;
}

/** First message, and whenever the state changes or cells are wanted. */
export interface IHello {
  type: 'hello';
  version: string;
  state: State;
  needsCells: boolean;
  differs: IDiffer[];
}

/** How far a request is. */
export interface IProgress {
  type: 'progress';
  id: string;
  seq: number;
  phase: string;
  done: number;
  total: number;
}

/** A new value of metadata.thoth; null takes it out. */
export interface ILock {
  type: 'lock';
  id: string;
  metadata: PartialJSONObject | null;
  diff: IDiff;
  /** Sent again to a comm that opened after it. */
  replay: boolean;
  /** A front end has saved it before: what differs now is somebody's later will. */
  settled: boolean;
}

/** A request that did not work out. */
export interface IFailure {
  type: 'error';
  id: string;
  kind: string;
  message: string;
  hint: string;
  /** The cell that it is about, '' when none. */
  cell: string;
  line: number;
}

/** A cell has installed something. */
export interface IInstalls {
  type: 'installs';
  cell: string;
  requirements: string[];
  restart: string[];
}

/** Something to mend in a cell. */
export interface IFinding {
  cell: string;
  /** From 1; 0 unknown. */
  line: number;
  severity: string;
  message: string;
}

/** What there is to say about the cells. */
export interface IFindings {
  type: 'findings';
  findings: IFinding[];
}

/** Where a requirement stands. */
export type Origin = 'metadata' | 'cell' | 'file' | 'import';

const ORIGINS: readonly string[] = ['metadata', 'cell', 'file', 'import'];

/** Something that the notebook asks for. */
export interface IRequirement {
  name: string;
  /** As it was written. */
  text: string;
  origin: Origin;
  /** Of the notebook, from 1; 0 unknown. */
  cell: number;
  cellId: string;
  line: number;
  /** False for an import that nobody asks for: a lock leaves it out. */
  locks: boolean;
}

/** All that the notebook asks for. */
export interface IRequirements {
  type: 'requirements';
  requirements: IRequirement[];
}

/** Names or versions for a person who types. */
export interface ICandidates {
  type: 'candidates';
  id: string;
  names: string[];
  versions: string[];
}

/** Everything of the companion's that this front end understands. */
export type Message =
  | IHello
  | IProgress
  | ILock
  | IFailure
  | IInstalls
  | IFindings
  | IRequirements
  | ICandidates;

/** Of a list, so many are read: a front end should stay a front end whatever comes. */
export const ITEMS_MAX = 2000;

/** The companion's own limit for one message is larger; the wire likes small ones. */
export const CELLS_MAX = 900_000;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}

function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.slice(0, ITEMS_MAX).filter(isObject) : [];
}

function list(value: unknown): PartialJSONValue[] {
  return Array.isArray(value) ? (value as PartialJSONValue[]) : [];
}

function readLock(data: Record<string, unknown>): ILock | null {
  const { metadata, diff } = data;
  if (metadata !== null && !isObject(metadata)) {
    return null;
  }
  const changes = isObject(diff) ? diff : {};
  return {
    type: 'lock',
    id: text(data.id),
    metadata: metadata as PartialJSONObject | null,
    diff: { added: list(changes.added), removed: list(changes.removed), changed: list(changes.changed) },
    replay: data.replay === true,
    settled: data.settled === true
  };
}

function readFindings(cells: unknown): IFinding[] {
  return Object.entries(isObject(cells) ? cells : {})
    .slice(0, ITEMS_MAX)
    .flatMap(([cell, found]) =>
      objects(found).map(item => ({
        cell,
        line: count(item.line),
        severity: text(item.severity) || 'warning',
        message: text(item.message)
      }))
    );
}

function readRequirement(item: Record<string, unknown>): IRequirement {
  return {
    name: text(item.name),
    text: text(item.text) || text(item.name),
    origin: (ORIGINS.includes(text(item.origin)) ? item.origin : 'file') as Origin,
    cell: count(item.cell),
    cellId: text(item.cell_id),
    line: count(item.line),
    locks: item.locks !== false
  };
}

/**
 * Read what came over the comm. Null for what is not understood: unknown types, and known ones
 * without what makes them useful.
 */
export function readMessage(data: unknown): Message | null {
  if (!isObject(data)) {
    return null;
  }
  switch (data.type) {
    case 'hello':
      return {
        type: 'hello',
        version: text(data.version),
        state: (STATES.includes(text(data.state)) ? data.state : 'unlocked') as State,
        needsCells: texts(data.need).includes('cells'),
        differs: objects(data.differs).map(item => ({
          name: text(item.name),
          locked: text(item.locked),
          installed: text(item.installed)
        }))
      };
    case 'progress':
      return {
        type: 'progress',
        id: text(data.id),
        seq: count(data.seq),
        phase: text(data.phase),
        done: count(data.done),
        total: count(data.total)
      };
    case 'lock':
      return readLock(data);
    case 'error': {
      const error = isObject(data.error) ? data.error : {};
      return {
        type: 'error',
        id: text(data.id),
        kind: text(error.kind) || 'internal',
        message: text(error.message) || 'no reason was given',
        hint: text(error.hint),
        cell: text(error.cell_id),
        line: count(error.line)
      };
    }
    case 'installs':
      return {
        type: 'installs',
        cell: text(data.cell),
        requirements: texts(data.requirements),
        restart: texts(data.restart)
      };
    case 'findings':
      return { type: 'findings', findings: readFindings(data.cells) };
    case 'requirements':
      return { type: 'requirements', requirements: objects(data.requirements).map(readRequirement) };
    case 'candidates':
      return { type: 'candidates', id: text(data.id), names: texts(data.names), versions: texts(data.versions) };
    default:
      return null;
  }
}

/**
 * Cells as they are sent: code with its source, others with their kind alone, for they count when
 * cells are numbered. Over the budget, long sources first, only their length is told.
 */
export function packCells(cells: readonly ICell[], budget = CELLS_MAX): ICell[] {
  const packed = cells.map(cell => ({ ...cell, source: cell.type === 'code' ? cell.source : '' }));
  let size = packed.reduce((sum, cell) => sum + cell.source.length + cell.id.length + 64, 0);
  for (const cell of [...packed].sort((a, b) => b.source.length - a.source.length)) {
    if (size <= budget) {
      break;
    }
    size -= cell.source.length;
    cell.source_length = cell.source.length;
    cell.source = '';
  }
  return packed as ICell[];
}
