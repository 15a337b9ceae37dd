import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { SharedDocument } from '../../../session/documents/api.ts';
import { looksShowable } from '../../../session/documents/kind.ts';
import { asProblem, Problem } from '../../../session/problem.ts';
import type { Work } from '../../../session/work.ts';
import { useDocumentsText } from '../../../text/documents/documents.ts';
import { Button } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icons.tsx';
import { IconButton } from '../../../ui/iconbutton.tsx';
import { Badge } from '../../../ui/surface.tsx';
import { bytesText } from './words.ts';

export interface DocumentItemProps {
  work: Work;
  item: SharedDocument;
  mayDelete: boolean;
  onDelete: () => void;
  /** Null: what went wrong before does no more. */
  onTrouble: (cause: unknown) => void;
}

export function DocumentItem(props: DocumentItemProps): JSX.Element {
  const { work, item, mayDelete, onDelete, onTrouble } = props;
  const { t, language } = useDocumentsText();
  const opening = useSignal(false);
  const { name, id, own } = item;
  const shown = work.stage.shown.value;
  const onStage = shown.kind === 'document' && shown.id === id;
  const size = bytesText(item.size, language);
  const project = async () => {
    onTrouble(null);
    opening.value = true;
    try {
      // Whether it can be shown, and how many pages it has, its presenter finds out.
      const { count } = await work.documents.pages(id);
      const sent = work.stage.show({ kind: 'document', id, name, page: 1, pages: count });
      if (!sent) onTrouble(new Problem('network'));
    } catch (cause) {
      onTrouble(asProblem(cause));
    } finally {
      opening.value = false;
    }
  };
  return (
    <li class="document" data-testid="document-item" data-id={id} data-stage={onStage}>
      <Icon name="file" />
      <div class="document-what">
        <bdi class="document-name">{name}</bdi>
        <span class="document-by">
          {own ? t('by.you', { size }) : t('by', { size, name: item.by.name })}{' '}
          {onStage && <Badge look="accent">{t('shown')}</Badge>}
        </span>
      </div>
      <div class="document-deeds">
        {work.rights.value.presents && looksShowable(item) && !onStage && (
          <Button
            testid="document-show"
            icon="screen"
            look="quiet"
            busy={opening.value}
            label={t('project.label', { name })}
            onClick={() => void project()}
          >
            {t(opening.value ? 'projecting' : 'project')}
          </Button>
        )}
        <IconButton
          testid="document-download"
          icon="download"
          label={t('download.label', { name })}
          onClick={() => {
            onTrouble(null);
            void download(work, id).catch(onTrouble);
          }}
        />
        {mayDelete && (
          <IconButton
            testid="document-delete"
            icon="trash"
            label={t('delete.label', { name })}
            onClick={onDelete}
          />
        )}
      </div>
    </li>
  );
}

/** The link answers with an attachment: the page stays. */
async function download(work: Work, id: string): Promise<void> {
  const link = document.createElement('a');
  link.href = await work.documents.link(id);
  link.download = '';
  link.click();
}
