/** The side panel: what the current notebook needs, what is locked, and why. Shows model.ts, decides nothing. */
import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message as LuminoMessage } from '@lumino/messaging';
import * as React from 'react';

import { lockIcon } from './icon.js';
import { declared, filterPackages, moodOf, nameOf, newNotes, readLocked, SEVERITIES } from './model.js';
import type { ILocked, INote, IPackage, NotebookModel } from './model.js';
import type { IRequirement } from './protocol.js';
import { CommandIDs, PANEL_ID } from './tokens.js';
import type { IFollowed } from './tokens.js';

/** What the panel needs from the rest. */
export interface IPanelOptions {
  trans: TranslationBundle;
  current: () => IFollowed | undefined;
  execute: (command: string, args?: Record<string, string | number>) => void;
  /** Is there a kernelspec with the companion to switch to? */
  canSwitch: () => boolean;
}

interface IProps extends IFollowed {
  trans: TranslationBundle;
  execute: IPanelOptions['execute'];
  canSwitch: boolean;
}

/** How long a person may type before completions are asked for, in ms. */
const TYPING = 250;

/** More rows than this are left to the filter: nobody reads them. */
const ROWS_SHOWN = 500;

const SIGNS = { good: '✓', busy: '…', attention: '!', bad: '✕', plain: '–' } as const;

function stateText({ trans, model }: IProps, locked: ILocked | null): string {
  if (locked?.isForeign) {
    return trans.__('The lock in this notebook was written by a later version of thoth');
  }
  if (model.running !== '' || model.state === 'resolving') {
    return trans.__('Locking …');
  }
  if (model.companion !== 'open') {
    return locked ? trans.__('Locked') : trans.__('Not locked');
  }
  switch (model.state) {
    case 'failed':
      return trans.__('The last lock did not work');
    case 'stale':
      return trans.__('The notebook asks for something else than what is locked');
    case 'differs':
      return trans._n('%1 package of the kernel differs from the lock', '%1 packages of the kernel differ from the lock', model.differs.length);
    default:
      return locked ? trans.__('Locked, and up to date') : trans.__('Not locked yet');
  }
}

/** A date as the reader writes it. */
function day(iso: string): string {
  const when = new Date(iso);
  return Number.isNaN(when.getTime()) ? '' : when.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

function Place(props: { trans: TranslationBundle; execute: IPanelOptions['execute']; cell: string; line: number; label: string }): JSX.Element {
  const { trans, execute, cell, line, label } = props;
  return (
    <button type="button" className="thoth-link" title={trans.__('Go to the cell')} onClick={() => execute(CommandIDs.goToCell, { cell, line })}>
      {label}
    </button>
  );
}

function State(props: IProps & { locked: ILocked | null }): JSX.Element {
  const { trans, model, link, locked, execute } = props;
  const mood = moodOf(model, locked !== null && !locked.isForeign);
  const { progress } = model;
  const isBusy = mood === 'busy';
  const known = progress !== null && progress.total > 0;
  return (
    <>
      <div className={`thoth-state thoth-${mood}`} role="status">
        <span className="thoth-sign" aria-hidden="true">
          {SIGNS[mood]}
        </span>
        <span>{stateText(props, locked)}</span>
      </div>
      <div className="thoth-actions">
        {isBusy ? (
          <button type="button" className="jp-Dialog-button jp-mod-styled jp-mod-warn" disabled={model.running === ''} onClick={() => link.cancel(model.running)}>
            {trans.__('Stop')}
          </button>
        ) : (
          <button type="button" className="jp-Dialog-button jp-mod-styled jp-mod-accept" disabled={model.companion !== 'open'} title={model.companion === 'open' ? '' : trans.__('Locking needs a running kernel with thoth')} onClick={() => execute(CommandIDs.lock)}>
            {locked ? trans.__('Lock Again') : trans.__('Lock')}
          </button>
        )}
        <div className="thoth-progress" style={{ visibility: isBusy ? 'visible' : 'hidden' }}>
          <progress aria-label={trans.__('Progress of the lock')} max={1} {...(known ? { value: Math.min(1, progress.done / progress.total) } : isBusy ? {} : { value: 0 })} />
          <span>{progress ? `${progress.phase}${known ? ` ${progress.done}/${progress.total}` : ''}` : ' '}</span>
        </div>
      </div>
    </>
  );
}

function Notices(props: IProps): JSX.Element {
  const { trans, model, link, execute, canSwitch } = props;
  const { failure, pending } = model;
  return (
    <>
      {model.companion === 'absent' && (
        <div className="thoth-notice">
          <p>{trans.__('This kernel has no companion of thoth: the lock can be read, not made.')}</p>
          {canSwitch ? (
            <button type="button" className="jp-Dialog-button jp-mod-styled jp-mod-accept" onClick={() => execute(CommandIDs.useCompanion)}>
              {trans.__('Switch the Kernel')}
            </button>
          ) : (
            <p>{trans.__('Install one with "thoth kernel install", and choose it for this notebook.')}</p>
          )}
        </div>
      )}
      {failure && (
        <div className="thoth-notice thoth-bad" role="alert">
          <p className="thoth-pre">{failure.message}</p>
          {failure.hint && <p className="thoth-pre">{failure.hint}</p>}
          {failure.cell && <Place {...{ trans, execute }} cell={failure.cell} line={failure.line} label={trans.__('Go to the cell')} />}
        </div>
      )}
      {pending && (
        <div className="thoth-notice">
          <p>{trans.__('The new lock is not in the notebook yet.')}</p>
          <button
            type="button"
            className="jp-Dialog-button jp-mod-styled jp-mod-accept"
            onClick={() => {
              void link.write(pending);
              model.settle();
            }}
          >
            {trans.__('Write It')}
          </button>
          <button type="button" className="jp-Dialog-button jp-mod-styled" onClick={() => model.settle()}>
            {trans.__('Leave It')}
          </button>
        </div>
      )}
      {model.restart.length > 0 && (
        <div className="thoth-notice">
          <p>{trans.__('Restart the kernel to use what was installed: %1 had been imported before.', model.restart.join(', '))}</p>
          <button type="button" className="jp-Dialog-button jp-mod-styled" onClick={() => execute('notebook:restart-kernel')}>
            {trans.__('Restart the Kernel…')}
          </button>
        </div>
      )}
    </>
  );
}

function Section(props: { title: string; open?: boolean; children: React.ReactNode }): JSX.Element {
  return (
    <details className="thoth-section" open={props.open ?? true}>
      <summary>
        <h3>{props.title}</h3>
      </summary>
      {props.children}
    </details>
  );
}

function AddForm({ trans, model, link }: IProps): JSX.Element {
  const [text, setText] = React.useState('');
  const timer = React.useRef(0);
  React.useEffect(() => () => window.clearTimeout(timer.current), []);
  const add = (event: React.FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '' && link.add([text.trim()]) !== '') {
      setText('');
    }
  };
  const type = (value: string) => {
    setText(value);
    window.clearTimeout(timer.current);
    const name = nameOf(value);
    if (name !== '') {
      const wanted = /[=<>~!]/.test(value) ? { package: name } : { name };
      timer.current = window.setTimeout(() => link.complete(wanted), TYPING);
    }
  };
  const start = /^[^=<>~!]*/.exec(text)?.[0] ?? '';
  const isVersion = start !== text;
  return (
    <form className="thoth-add" onSubmit={add}>
      <input
        className="jp-mod-styled"
        list="thoth-candidates"
        aria-label={trans.__('Requirement to add')}
        placeholder={trans.__('Add a package, such as pandas>=2')}
        disabled={model.companion !== 'open'}
        value={text}
        onChange={event => type(event.target.value)}
      />
      <datalist id="thoth-candidates">
        {model.candidates.map(one => (
          <option key={one} value={isVersion ? `${start.trim()}==${one}` : one} />
        ))}
      </datalist>
      <button type="submit" className="jp-Dialog-button jp-mod-styled" disabled={model.companion !== 'open' || text.trim() === ''}>
        {trans.__('Add')}
      </button>
    </form>
  );
}

function originText(trans: TranslationBundle, requirement: IRequirement): string {
  const { origin, cell, line } = requirement;
  switch (origin) {
    case 'metadata':
      return trans.__('declared');
    case 'import':
      return cell > 0 ? trans.__('import, cell %1', cell) : trans.__('import');
    case 'cell':
      return cell > 0 ? trans.__('cell %1, line %2', cell, Math.max(1, line)) : trans.__('cell');
    case 'file':
      return trans.__('file');
  }
}

function Requirements(props: IProps): JSX.Element {
  const { trans, model, link, execute } = props;
  const list = model.requirements ?? declared(link.metadata);
  return (
    <Section title={trans.__('Requirements (%1)', list.filter(one => one.locks).length)}>
      {list.length > 0 && (
        <table className="thoth-table">
          <caption className="thoth-hidden">{trans.__('What this notebook asks for')}</caption>
          <thead className="thoth-hidden">
            <tr>
              <th scope="col">{trans.__('Requirement')}</th>
              <th scope="col">{trans.__('From')}</th>
              <th scope="col">{trans.__('Action')}</th>
            </tr>
          </thead>
          <tbody>
            {list.map((one, i) => (
              <tr key={i} className={one.locks ? '' : 'thoth-faint'}>
                <th scope="row">{one.text}</th>
                <td>
                  {one.cellId ? <Place {...{ trans, execute }} cell={one.cellId} line={one.line} label={originText(trans, one)} /> : originText(trans, one)}
                </td>
                <td className="thoth-last">
                  {one.origin === 'metadata' && (
                    <button type="button" className="thoth-link" disabled={model.companion !== 'open'} aria-label={trans.__('Remove %1', one.name)} onClick={() => link.remove([one.name])}>
                      {trans.__('Remove')}
                    </button>
                  )}
                  {!one.locks && (
                    <button type="button" className="thoth-link" aria-label={trans.__('Add %1', one.name)} onClick={() => link.add([one.name])}>
                      {trans.__('Add')}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <AddForm {...props} />
    </Section>
  );
}

function PackageRow({ trans, one, installed }: { trans: TranslationBundle; one: IPackage; installed: string | undefined }): JSX.Element {
  return (
    <tr>
      <th scope="row" className={one.direct ? 'thoth-direct' : ''} title={one.direct ? trans.__('asked for') : trans.__('required by others')}>
        {one.name} <span className="thoth-version">{one.version || one.address}</span>
      </th>
      <td>
        {one.reason}
        {one.marker && <span className="thoth-faint"> {trans.__('where %1', one.marker)}</span>}
        {installed !== undefined && (
          <span className="thoth-differs"> {installed === '' ? trans.__('not installed') : trans.__('the kernel has %1', installed)}</span>
        )}
      </td>
    </tr>
  );
}

function Packages({ trans, model, locked }: IProps & { locked: ILocked }): JSX.Element {
  const [words, setWords] = React.useState('');
  const found = filterPackages(locked.packages, words);
  const installed = new Map(model.state === 'differs' ? model.differs.map(one => [one.name, one.installed]) : []);
  return (
    <Section title={trans.__('Locked packages (%1)', locked.packages.length)}>
      <p className="thoth-faint">{[day(locked.created), locked.environments.join(', ')].filter(Boolean).join(' · ')}</p>
      <input
        type="search"
        className="jp-mod-styled thoth-filter"
        aria-label={trans.__('Filter packages')}
        placeholder={trans.__('Filter')}
        value={words}
        onChange={event => setWords(event.target.value)}
      />
      <table className="thoth-table">
        <caption className="thoth-hidden">{trans.__('Locked packages')}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Package')}</th>
            <th scope="col">{trans.__('Why')}</th>
          </tr>
        </thead>
        <tbody>
          {found.slice(0, ROWS_SHOWN).map((one, i) => (
            <PackageRow key={i} {...{ trans, one }} installed={installed.get(one.name)} />
          ))}
        </tbody>
      </table>
      {found.length === 0 && <p>{trans.__('No package has these words.')}</p>}
      {found.length > ROWS_SHOWN && <p>{trans.__('%1 more: filter to see them.', found.length - ROWS_SHOWN)}</p>}
    </Section>
  );
}

function Notes({ trans, execute, notes: all }: IProps & { notes: readonly INote[] }): JSX.Element {
  const titles = { ERROR: trans.__('Errors'), WARNING: trans.__('Warnings'), INFO: trans.__('Good to know') };
  return (
    <Section title={trans.__('Messages (%1)', all.length)}>
      {SEVERITIES.map(severity => {
        const notes = all.filter(note => note.severity === severity);
        return (
          notes.length > 0 && (
            <div key={severity}>
              <h4>{titles[severity]}</h4>
              <ul className="thoth-list">
                {notes.map((note, i) => (
                  <li key={i}>
                    {note.text}{' '}
                    {note.link && (
                      <a href={note.link} target="_blank" rel="noopener noreferrer">
                        {trans.__('more')}
                      </a>
                    )}{' '}
                    {note.cell && <Place {...{ trans, execute }} cell={note.cell} line={note.line} label={trans.__('go to cell')} />}
                  </li>
                ))}
              </ul>
            </div>
          )
        );
      })}
    </Section>
  );
}

function Findings({ trans, execute, model }: IProps): JSX.Element {
  return (
    <Section title={trans.__('Findings in cells (%1)', model.findings.length)}>
      <ul className="thoth-list">
        {model.findings.map((finding, i) => (
          <li key={i}>
            {finding.message} <Place {...{ trans, execute }} cell={finding.cell} line={finding.line} label={trans.__('go to line %1', Math.max(1, finding.line))} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Changes({ trans, model, total }: { trans: TranslationBundle; model: NotebookModel; total: number }): JSX.Element {
  const changes = model.changes ?? [];
  const isFirst = changes.length > 0 && changes.length === total; /* the packages below say it all */
  return (
    <Section key={isFirst ? 'first' : 'later'} title={trans.__('Changes of the last lock (%1)', changes.length)} open={!isFirst}>
      {changes.length === 0 ? (
        <p>{trans.__('Nothing has changed.')}</p>
      ) : (
        <ul className="thoth-list thoth-changes">
          {changes.map((change, i) => (
            <li key={i}>{change}</li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Content(props: IProps): JSX.Element {
  const { link, model } = props;
  const asked = new Set((model.requirements ?? declared(link.metadata)).filter(one => one.locks).map(one => one.name));
  const locked = readLocked(link.metadata, asked);
  const notes = newNotes(locked?.notes ?? [], model.findings);
  return (
    <>
      <p className="thoth-name">{link.name}</p>
      <State {...props} locked={locked} />
      <Notices {...props} />
      <Requirements {...props} />
      {model.findings.length > 0 && <Findings {...props} />}
      {model.changes !== null && <Changes {...props} total={locked?.packages.length ?? 0} />}
      {locked && !locked.isForeign && <Packages {...props} locked={locked} />}
      {notes.length > 0 && <Notes {...props} notes={notes} />}
    </>
  );
}

/** One panel, for the notebook that the user looks at. */
export class DependenciesPanel extends ReactWidget {
  constructor(private readonly _options: IPanelOptions) {
    super();
    const { trans } = _options;
    this.id = PANEL_ID;
    this.addClass('thoth-panel');
    this.title.icon = lockIcon;
    this.title.caption = trans.__('Dependencies (thoth)');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Dependencies'));
  }

  /** The user looks at another notebook, or at none. */
  follow(): void {
    const followed = this._options.current();
    if (followed !== this._followed) {
      this._leave();
      this._followed = followed;
      followed?.model.changed.connect(this._onChange, this);
      followed?.link.metadataChanged.connect(this._onChange, this);
      this._watch(this.isVisible);
    }
    this.update();
  }

  protected override render(): JSX.Element {
    const { trans, execute, canSwitch } = this._options;
    return (
      <div className="thoth-content">
        <h2>{trans.__('Dependencies')}</h2>
        {this._followed ? (
          <Content key={this._followed.link.name} {...this._followed} {...{ trans, execute }} canSwitch={canSwitch()} />
        ) : (
          <p>{trans.__('Open a notebook to see what it needs.')}</p>
        )}
      </div>
    );
  }

  protected override onAfterShow(msg: LuminoMessage): void {
    super.onAfterShow(msg);
    this._watch(true);
    this.update();
  }

  protected override onBeforeHide(msg: LuminoMessage): void {
    super.onBeforeHide(msg);
    this._watch(false);
  }

  override dispose(): void {
    this._leave();
    super.dispose();
  }

  private _watch(watched: boolean): void {
    if (this._followed) {
      this._followed.link.isWatched = watched;
    }
  }

  private _leave(): void {
    this._watch(false);
    this._followed?.model.changed.disconnect(this._onChange, this);
    this._followed?.link.metadataChanged.disconnect(this._onChange, this);
    this._followed = undefined;
  }

  private _onChange(): void {
    this.update();
  }

  private _followed: IFollowed | undefined = undefined;
}
