import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { states, type State } from '../../session/desk.ts';
import { rowsOf, type Report } from '../../session/report.ts';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/controls.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Findings } from './findings.tsx';
import { Server } from './server.tsx';
import { useDeskText } from '../../text/desk/desk.ts';
import { Trouble } from './trouble.tsx';
import type { Opened, Work } from './work.ts';

/** One report: what was found, what support does with it, and who has done so. */
export function OpenReport({ work, opened }: { work: Work; opened: Opened }): JSX.Element {
  const { t, when } = useDeskText();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { about, report } = opened;
  return (
    <article
      class="desk-report"
      data-testid="desk-report"
      data-code={about.code}
      data-status={about.status}
    >
      <div class="desk-top">
        <Button testid="desk-back" onClick={() => work.close()}>
          {t('report.back')}
        </Button>
        <a class="button" href={about.url} download="" data-testid="desk-download">
          <Icon name="download" />
          <span>{t('report.download')}</span>
        </a>
      </div>
      <h2 ref={heading} tabIndex={-1}>
        {t('report.title', { code: about.code })}
      </h2>
      <Trouble problem={work.problem.value} />
      <p class="small">{t('report.expires', { when: when(about.expiresAt) })}</p>
      {report === null ? (
        <Alert kind="notice" testid="desk-unreadable">
          <p>{t('report.unreadable')}</p>
        </Alert>
      ) : (
        <Story report={report} />
      )}
      <Own work={work} opened={opened} />
      {about.server !== null && <Server server={about.server} />}
      {report !== null && <Tables report={report} />}
      <Facts title={t('report.summary')} id="summary" value={about.summary} />
      <Trail opened={opened} />
    </article>
  );
}

function Story({ report }: { report: Report }): JSX.Element {
  const { t } = useDeskText();
  return (
    <>
      {report.comment !== '' && (
        <section class="card" aria-labelledby="comment">
          <h3 id="comment">{t('report.comment')}</h3>
          <p class="desk-comment">{report.comment}</p>
        </section>
      )}
      <Findings findings={report.findings} />
    </>
  );
}

function Tables({ report }: { report: Report }): JSX.Element {
  const { t } = useDeskText();
  return (
    <>
      <Facts title={t('report.client')} id="client" value={report.client} />
      <Facts title={t('report.network')} id="network" value={report.network} />
      <Facts title={t('report.others')} id="others" value={report.others} />
    </>
  );
}

/** A table of whatever there is; nothing where there is nothing. */
function Facts(props: { title: string; id: string; value: unknown }): JSX.Element | null {
  const { t } = useDeskText();
  const rows = rowsOf(props.value);
  if (rows.length === 0) return null;
  return (
    <section class="card" aria-labelledby={props.id}>
      <h3 id={props.id}>{props.title}</h3>
      <table class="desk-facts" aria-labelledby={props.id}>
        <thead>
          <tr>
            <th scope="col">{t('report.name')}</th>
            <th scope="col">{t('report.value')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([path, text], i) => (
            <tr key={`${i} ${path}`}>
              <th scope="row">{path}</th>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** State, note and erasing. */
function Own({ work, opened }: { work: Work; opened: Opened }): JSX.Element {
  const { t } = useDeskText();
  const note = useRef<HTMLTextAreaElement>(null);
  const asking = useSignal(false);
  const { about } = opened;
  return (
    <section class="card" aria-labelledby="work">
      <h3 id="work">{t('report.work')}</h3>
      <div class="desk-choice">
        <Select<State>
          label={t('list.status')}
          testid="desk-state"
          value={about.status}
          options={states.map((state) => ({ value: state, label: t(`status.${state}`) }))}
          onChange={(status) => void work.change({ status })}
        />
      </div>
      <div class="field">
        <label for="desk-note">{t('report.note')}</label>
        <textarea
          id="desk-note"
          ref={note}
          data-testid="desk-note"
          rows={3}
          maxLength={2000}
          aria-describedby="desk-note-hint"
          defaultValue={about.note}
        />
        <p class="field-hint" id="desk-note-hint">
          {t('report.note.hint')}
        </p>
      </div>
      <div class="desk-buttons">
        <Button
          testid="desk-save"
          busy={work.busy.value}
          onClick={() => void work.change({ note: note.current?.value ?? '' })}
        >
          {t('report.save')}
        </Button>
        <Button look="danger" testid="desk-erase" onClick={() => (asking.value = true)}>
          {t('report.erase')}
        </Button>
      </div>
      {asking.value && (
        <Dialog
          title={t('report.erase.title', { code: about.code })}
          onClose={() => (asking.value = false)}
        >
          <p>{t('report.erase.text')}</p>
          <div class="dialog-buttons">
            <Button testid="desk-keep" onClick={() => (asking.value = false)}>
              {t('report.erase.no')}
            </Button>
            <Button
              look="danger"
              testid="desk-erase-yes"
              onClick={() => {
                asking.value = false;
                void work.erase();
              }}
            >
              {t('report.erase.yes')}
            </Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

const actions = ['pull', 'change', 'delete', 'erase'] as const;

function Trail({ opened }: { opened: Opened }): JSX.Element {
  const { t, when } = useDeskText();
  return (
    <section class="card" aria-labelledby="trail">
      <h3 id="trail">{t('report.trail')}</h3>
      <table class="desk-facts desk-trail" aria-labelledby="trail" data-testid="desk-trail">
        <thead>
          <tr>
            <th scope="col">{t('trail.at')}</th>
            <th scope="col">{t('trail.action')}</th>
            <th scope="col">{t('trail.actor')}</th>
          </tr>
        </thead>
        <tbody>
          {opened.trail.map(({ at, actor, action }, i) => {
            const known = actions.find((name) => name === action);
            return (
              <tr key={i}>
                <td>{when(at)}</td>
                <td>{known ? t(`trail.${known}`) : action}</td>
                <td>{actor}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
