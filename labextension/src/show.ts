/**
 * What an output of thoth says, as plain text in rows, whatever stands in the JSON: the notebook may
 * come from anywhere. Drawn by mime.ts. No DOM in here.
 */

/** One line of a table: a name, a version, and why. */
export interface IRow {
  name: string;
  version: string;
  why: string;
}

/** A message with its kind and, if it is a web address, its link. */
export interface INote {
  kind: string;
  text: string;
  link: string;
}

/** Everything that is shown of one output. */
export interface IShown {
  heading: string;
  changes: string[];
  rows: IRow[];
  notes: INote[];
  /** Where the lock is. */
  note: string;
}

/** Rows of one table at most; a lock has hundreds, a hostile notebook millions. */
export const ROWS_MAX = 2000;

type Fields = Record<string, unknown>;

function objects(value: unknown): Fields[] {
  return Array.isArray(value)
    ? value.filter((item): item is Fields => typeof item === 'object' && item !== null).slice(0, ROWS_MAX)
    : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** Only what a browser may safely be sent to. */
export function safeLink(value: unknown): string {
  return typeof value === 'string' && /^https?:\/\/[^\s]+$/i.test(value) ? value : '';
}

function noteOf(entry: Fields): INote {
  const about = [text(entry.package), text(entry.version)].filter(Boolean).join(' ');
  return {
    kind: text(entry.type) || 'INFO',
    text: about ? `${about}: ${text(entry.message)}` : text(entry.message),
    link: safeLink(entry.link)
  };
}

function changeOf(sign: string): (entry: Fields) => string {
  return entry => {
    const from = text(entry.from) || text(entry.old);
    const to = text(entry.to) || text(entry.new) || text(entry.version);
    return `${sign} ${text(entry.name)} ${from && to ? `${from} → ${to}` : from || to}`.trimEnd();
  };
}

/** What a diff says, one line a package. */
export function changesOf(diff: unknown): string[] {
  const fields: Fields = typeof diff === 'object' && diff !== null ? (diff as Fields) : {};
  return [
    ...objects(fields.added).map(changeOf('+')),
    ...objects(fields.removed).map(changeOf('−')),
    ...objects(fields.changed).map(changeOf('~'))
  ];
}

/** application/vnd.thoth.lock+json */
export function showLock(data: unknown): IShown {
  const lock: Fields = typeof data === 'object' && data !== null ? (data as Fields) : {};
  const diff: Fields = typeof lock.diff === 'object' && lock.diff !== null ? (lock.diff as Fields) : {};
  const rows = objects(lock.packages).map(entry => ({
    name: text(entry.name),
    version: text(entry.version),
    why: text(entry.reason)
  }));
  const first = objects(diff.removed).length + objects(diff.changed).length === 0;
  const environments = Array.isArray(lock.environments) ? lock.environments.map(text).filter(Boolean) : [];
  return {
    heading: [`${rows.length} ${rows.length === 1 ? 'package' : 'packages'} locked`, environments.join(', ')]
      .filter(Boolean)
      .join(' for '),
    changes:
      first && objects(diff.added).length === rows.length ? [] /* all is new: the table says it */ : changesOf(diff),
    rows,
    notes: objects(lock.messages).map(noteOf),
    note: text(lock.note)
  };
}

/** application/vnd.thoth.justification+json */
export function showJustification(data: unknown): IShown {
  const fields: Fields = typeof data === 'object' && data !== null ? (data as Fields) : {};
  return { heading: '', changes: [], rows: [], notes: objects(fields.entries).map(noteOf), note: '' };
}
