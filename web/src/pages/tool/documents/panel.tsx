import './documents.css';
import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Listing, SharedDocument } from '../../../session/documents/api.ts';
import { asProblem } from '../../../session/problem.ts';
import type { Work } from '../../../session/work.ts';
import { useDocumentsText } from '../../../text/documents/documents.ts';
import { Alert } from '../../../ui/alert.tsx';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { useText } from '../../../ui/services.ts';
import { useToasts } from '../../../ui/toasts.tsx';
import { EmptyState, Skeleton } from '../../../ui/surface.tsx';
import { AddingList } from './adding.tsx';
import { DocumentItem } from './item.tsx';
import { putAway } from './turner.tsx';
import { bytesText, troubleText } from './words.ts';

/** The conference's documents: to look at, to add, to show, to take along. */
export function DocumentsTab({ work }: { work: Work }): JSX.Element {
  const { documents } = work;
  const { t } = useDocumentsText();
  const listing = documents.listing.value;
  const over = useSignal(false);
  useLatest(work);
  const drop = useDrop(over, listing?.mayAdd === true ? (files) => documents.add(files) : null);
  return (
    <section
      class={over.value ? 'documents over' : 'documents'}
      aria-labelledby="documents"
      data-testid="documents"
      {...drop}
    >
      <h2 id="documents">
        {t('title')} <span class="count">{listing?.items.length || ''}</span>
      </h2>
      {documents.problem.value !== null && (
        <Alert kind="notice" testid="documents-stale">
          <p>{t('stale')}</p>
          <Button look="quiet" onClick={() => documents.refresh()}>
            {t('refresh')}
          </Button>
        </Alert>
      )}
      {listing === null && documents.problem.value === null && (
        <>
          <p class="unseen">{t('loading')}</p>
          <Skeleton />
        </>
      )}
      {listing !== null && <Listed work={work} listing={listing} />}
      {over.value && (
        <p class="documents-drop" aria-hidden="true">
          {t('drop')}
        </p>
      )}
    </section>
  );
}

/** What has arrived is said, wherever its person looks meanwhile. */
function useLatest({ documents }: Work): void {
  const toasts = useToasts();
  const { t } = useDocumentsText();
  const latest = documents.latest.value;
  const said = useRef(latest);
  useEffect(() => {
    if (latest !== null && latest !== said.current) {
      toasts.say(t('said.added', { name: latest.name }));
    }
    said.current = latest;
  }, [latest, toasts, t]);
}

function Listed({ work, listing }: { work: Work; listing: Listing }): JSX.Element {
  const { documents } = work;
  const words = useDocumentsText();
  const general = useText();
  const { t } = words;
  const leaving = useSignal<SharedDocument | null>(null);
  const trouble = useSignal('');
  const toasts = useToasts();
  const heading = useRef<HTMLDivElement>(null);
  const { items, limits, mayAdd } = listing;
  const fail = (cause: unknown) =>
    (trouble.value = troubleText(asProblem(cause), limits, words, general));
  const remove = async () => {
    const { id = '', name = '' } = leaving.value ?? {};
    leaving.value = null;
    try {
      await documents.remove(id);
      toasts.say(t('said.deleted', { name }));
      const { kind, id: shown } = work.stage.shown.peek();
      if (kind === 'document' && shown === id && work.rights.peek().presents) putAway(work);
      heading.current?.focus(); // the row is gone, and its buttons
    } catch (cause) {
      fail(cause);
    }
  };
  return (
    <div ref={heading} tabIndex={-1} class="documents-list" aria-label={t('title')} role="group">
      {trouble.value !== '' && (
        <Alert kind="refusal" testid="documents-trouble">
          <p>{trouble.value}</p>
        </Alert>
      )}
      {items.length === 0 && documents.adding.value.length === 0 && (
        <EmptyState
          icon="file"
          title={t('none')}
          text={t(mayAdd ? 'none.add' : 'none.read')}
          testid="documents-none"
        />
      )}
      <ul class="documents-items">
        {items.map((item) => (
          <DocumentItem
            key={item.id}
            work={work}
            item={item}
            mayDelete={item.own || listing.mayDelete}
            onDelete={() => (leaving.value = item)}
            onTrouble={(cause) => (cause === null ? (trouble.value = '') : fail(cause))}
          />
        ))}
      </ul>
      <AddingList documents={documents} limits={limits} />
      {mayAdd && <AddFiles work={work} listing={listing} />}
      {leaving.value !== null && (
        <Dialog title={t('delete.title')} onClose={() => (leaving.value = null)}>
          <p class="wrapped">{t('delete.text', { name: leaving.value.name })}</p>
          <div class="dialog-buttons">
            <Button onClick={() => (leaving.value = null)}>{t('delete.keep')}</Button>
            <Button testid="delete-confirm" look="danger" onClick={() => void remove()}>
              {t('delete.confirm')}
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

/** The button opens the browser's own window; files can be dropped as well. */
function AddFiles({ work, listing }: { work: Work; listing: Listing }): JSX.Element {
  const { t, language } = useDocumentsText();
  const input = useRef<HTMLInputElement>(null);
  const { size, total } = listing.limits;
  return (
    <div class="documents-add">
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="documents-files"
        onChange={({ currentTarget }) => {
          work.documents.add(currentTarget.files ?? []);
          currentTarget.value = ''; // the same file may be picked again
        }}
      />
      <Button
        testid="documents-add"
        icon="plus"
        look={listing.items.length === 0 ? 'primary' : 'secondary'}
        onClick={() => input.current?.click()}
      >
        {t('add')}
      </Button>
      <p class="field-hint">
        {t('add.hint', { size: bytesText(size, language), total: bytesText(total, language) })}
      </p>
    </div>
  );
}

interface Dropping {
  onDragOver?: (event: DragEvent) => void;
  onDragLeave?: (event: DragEvent) => void;
  onDrop?: (event: DragEvent) => void;
}

function useDrop(over: Signal<boolean>, take: ((files: FileList) => void) | null): Dropping {
  if (take === null) return {};
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false;
  return {
    onDragOver(event) {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over.value = true;
    },
    onDragLeave({ currentTarget, relatedTarget }) {
      const inside = currentTarget instanceof Node && currentTarget.contains(relatedTarget as Node);
      if (!inside) over.value = false;
    },
    onDrop(event) {
      over.value = false;
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      take(event.dataTransfer.files);
    },
  };
}
