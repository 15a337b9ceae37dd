import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useHelpText } from '../../text/help/help.ts';
import { plain } from '../../text/help/markup.ts';
import type { Topic } from '../../text/help/topics.ts';
import { Link } from '../../ui/link.tsx';
import { useServices } from '../../ui/services.ts';
import { searchOf, type Search } from './search.ts';

/** Searches as one types. Enter opens the best topic; the arrow keys go through what was found. */
export function SearchBox({ topics }: { topics: readonly Topic[] }): JSX.Element {
  const { portal } = useServices();
  const { t } = useHelpText();
  const id = useId();
  const root = useRef<HTMLFormElement>(null);
  const query = useSignal('');
  const search = useSignal<{ run: Search } | null>(null);
  useEffect(() => {
    search.value = null;
  }, [topics, search]);
  const prepare = () => {
    if (search.value !== null) return;
    void searchOf(topics).then(
      (run) => (search.value = { run }),
      () => {}, // the topics are all listed below
    );
  };
  const wanted = query.value.trim();
  const found = wanted === '' || search.value === null ? null : search.value.run(wanted);
  return (
    <form
      ref={root}
      class="help-search"
      role="search"
      aria-label={t('search.form')}
      onSubmit={(event) => {
        event.preventDefault();
        const best = found?.[0];
        if (best) portal.router.go(`/help/${best.id}`);
      }}
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
          if (step(root.current, event.key === 'ArrowDown' ? 1 : -1)) event.preventDefault();
        }
      }}
    >
      <label for={id}>{t('search.label')}</label>
      <input
        id={id}
        type="search"
        data-testid="help-query"
        autocomplete="off"
        aria-describedby={`${id}-hint`}
        onFocus={prepare}
        onInput={({ currentTarget }) => {
          prepare();
          query.value = currentTarget.value;
        }}
      />
      <p class="field-hint" id={`${id}-hint`}>
        {t('search.hint')}
      </p>
      <p role="status" class="help-said" data-testid="help-said">
        {found !== null &&
          (found.length === 0
            ? t('search.none')
            : found.length === 1
              ? t('search.found.one')
              : t('search.found', { count: found.length }))}
      </p>
      {found !== null && found.length > 0 && (
        <ol class="help-results" aria-label={t('search.results')}>
          {found.map((topic) => (
            <li key={topic.id} data-testid="help-result" data-topic={topic.id}>
              <Link to={`/help/${topic.id}`}>{topic.title}</Link>
              <p>{beginning(topic.text)}</p>
            </li>
          ))}
        </ol>
      )}
    </form>
  );
}

/** Moves the focus between the entry and the links below it. */
function step(root: HTMLElement | null, by: 1 | -1): boolean {
  const stops = [...(root?.querySelectorAll<HTMLElement>('input, .help-results a') ?? [])];
  const next = stops[stops.findIndex((stop) => stop === document.activeElement) + by];
  next?.focus();
  return next !== undefined;
}

function beginning(text: string): string {
  const words = plain(text).replace(/\s+/g, ' ').trim();
  return words.length > 140 ? `${words.slice(0, words.lastIndexOf(' ', 140))}…` : words;
}
