import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { states, type Filter, type Listed, type State } from '../../session/desk.ts';
import { results } from '../../session/report.ts';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/controls.tsx';
import { Field } from '../../ui/field.tsx';
import { EmptyState } from '../../ui/surface.tsx';
import { useDeskText } from '../../text/desk/desk.ts';
import { Trouble } from './trouble.tsx';
import type { Work } from './work.ts';

export function ReportList({ work }: { work: Work }): JSX.Element {
  const { t } = useDeskText();
  const items = work.items.value;
  const section = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (work.left === '') return;
    const row = section.current?.querySelector<HTMLElement>(`[data-code="${work.left}"] button`);
    (row ?? heading.current)?.focus();
    work.left = '';
  }, [work]);
  return (
    <>
      <Search work={work} />
      <section ref={section} class="card" aria-labelledby="list-title" aria-busy={work.busy.value}>
        <h2 id="list-title" ref={heading} tabIndex={-1}>
          {t('list.title')}
        </h2>
        <Filters work={work} />
        {items.length === 0 ? (
          <EmptyState icon="info" testid="desk-none" title={t('list.none')} />
        ) : (
          <Table work={work} items={items} />
        )}
        <p class="small" role="status" data-testid="desk-count">
          {t('list.count', { count: items.length })}
        </p>
        {work.next.value !== '' && (
          <Button testid="desk-more" busy={work.busy.value} onClick={() => void work.more()}>
            {t('list.more')}
          </Button>
        )}
      </section>
    </>
  );
}

function Search({ work }: { work: Work }): JSX.Element {
  const { t } = useDeskText();
  const code = useRef<HTMLInputElement>(null);
  const missing = useSignal(false);
  return (
    <section class="card" aria-labelledby="search-title">
      <h2 id="search-title">{t('search.title')}</h2>
      <form
        class="desk-search"
        noValidate
        aria-labelledby="search-title"
        onSubmit={(event) => {
          event.preventDefault();
          const typed = code.current?.value.trim() ?? '';
          missing.value = typed === '';
          if (missing.value) code.current?.focus();
          else if (!work.busy.value) void work.open(typed);
        }}
      >
        <Field
          label={t('search.code')}
          name="code"
          testid="desk-code"
          hint={t('search.code.hint')}
          error={missing.value ? t('search.code.missing') : null}
          required
          exact
          inputRef={code}
        />
        <Trouble problem={work.problem.value} />
        <Button type="submit" look="primary" testid="desk-open" busy={work.busy.value}>
          {t('search.open')}
        </Button>
      </form>
    </section>
  );
}

const periods = [0, 1, 7] as const;

function Filters({ work }: { work: Work }): JSX.Element {
  const { t } = useDeskText();
  const filter = work.filter.value;
  const choose = (change: Partial<Filter>): void => void work.load({ ...filter, ...change });
  return (
    <div class="desk-filters" role="group" aria-label={t('list.filter')}>
      <Select<State | ''>
        label={t('list.status')}
        testid="desk-status"
        value={filter.status}
        options={[
          { value: '', label: t('list.status.all') },
          ...states.map((state) => ({ value: state, label: t(`status.${state}`) })),
        ]}
        onChange={(status) => choose({ status })}
      />
      <Select
        label={t('list.period')}
        testid="desk-period"
        value={String(filter.days)}
        options={periods.map((days) => ({ value: String(days), label: t(`list.period.${days}`) }))}
        onChange={(days) => choose({ days: Number(days) })}
      />
      <Button testid="desk-refresh" busy={work.busy.value} onClick={() => choose({})}>
        {t('list.refresh')}
      </Button>
    </div>
  );
}

/**
 * On a phone each row becomes a card; the cells then say what they are. The roles are those that the elements have anyway:
 * some browsers forget them for a table that is drawn in another way.
 */
function Table({ work, items }: { work: Work; items: readonly Listed[] }): JSX.Element {
  const { t, when } = useDeskText();
  const heads = ['code', 'status', 'arrived', 'result', 'who', 'client'] as const;
  return (
    <table class="desk-table" role="table" data-testid="desk-table">
      <thead role="rowgroup">
        <tr role="row">
          {heads.map((head) => (
            <th key={head} scope="col" role="columnheader">
              {t(`list.${head}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {items.map((item) => (
          <tr
            role="row"
            key={item.code}
            data-testid="desk-row"
            data-code={item.code}
            data-status={item.status}
          >
            <th scope="row" role="rowheader">
              <button
                type="button"
                class="button quiet code"
                aria-label={t('list.open', { code: item.code })}
                onClick={() => void work.open(item.code)}
              >
                {item.code}
              </button>
            </th>
            <td role="cell" data-label={t('list.status')}>
              <span class={`badge ${item.status}`}>{t(`status.${item.status}`)}</span>
            </td>
            <td role="cell" data-label={t('list.arrived')}>
              {when(item.receivedAt)}
            </td>
            <td role="cell" data-label={t('list.result')}>
              <ResultWord value={item.summary['result']} />
            </td>
            <td role="cell" data-label={t('list.who')}>
              {word(item.summary['name'])}
            </td>
            <td role="cell" data-label={t('list.client')}>
              {word(item.summary['client'])}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A result in words, whoever wrote it. */
export function ResultWord({ value }: { value: unknown }): JSX.Element {
  const { t } = useDeskText();
  const known = results.find((result) => result === value);
  if (known === undefined) return <>{word(value)}</>;
  return <span class={`result ${known}`}>{t(`result.${known}`)}</span>;
}

function word(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : '–';
}
