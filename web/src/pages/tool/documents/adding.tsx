import type { JSX } from 'preact';
import type { Limits } from '../../../session/documents/api.ts';
import { canRetry, type Adding } from '../../../session/documents/uploads.ts';
import type { Work } from '../../../session/work.ts';
import { useDocumentsText, type DocumentsText } from '../../../text/documents/documents.ts';
import { Button } from '../../../ui/button.tsx';
import { Progress } from '../../../ui/controls.tsx';
import { useText } from '../../../ui/services.ts';
import { bytesText, percentText, troubleText } from './words.ts';

export interface AddingListProps {
  documents: Work['documents'];
  limits: Limits;
}

/** Files that are on their way, and those that could not be added. */
export function AddingList({ documents, limits }: AddingListProps): JSX.Element {
  const words = useDocumentsText();
  const general = useText();
  const { t } = words;
  return (
    <ul class="documents-adding">
      {documents.adding.value.map((adding) => {
        const { key, name, phase, progress, problem } = adding;
        const failed = phase === 'failed';
        return (
          <li key={key} data-testid="document-adding" data-phase={phase}>
            <bdi class="document-name">{name}</bdi>
            {failed && problem !== null ? (
              <p class="document-refusal" role="alert" data-testid="document-problem">
                {troubleText(problem, limits, words, general)}
              </p>
            ) : (
              <>
                <Progress label={name} value={phase === 'queued' ? null : progress} />
                <span class="document-by">
                  {bytesText(adding.size, words.language)}, {phaseText(adding, words)}
                </span>
              </>
            )}
            <div class="document-deeds">
              {failed && canRetry(adding) && (
                <Button
                  testid="adding-retry"
                  look="quiet"
                  label={t('adding.retry.label', { name })}
                  onClick={() => documents.retry(key)}
                >
                  {t('adding.retry')}
                </Button>
              )}
              <Button
                testid="adding-cancel"
                icon="cross"
                look="quiet"
                label={t(failed ? 'adding.dismiss.label' : 'adding.cancel.label', { name })}
                onClick={() => documents.cancel(key)}
              >
                {t(failed ? 'adding.dismiss' : 'adding.cancel')}
              </Button>
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function phaseText({ phase, progress }: Adding, { t, language }: DocumentsText): string {
  const percent = percentText(progress, language);
  switch (phase) {
    case 'preparing':
    case 'sending':
      return t(`adding.${phase}`, { percent });
    case 'queued':
    case 'waiting':
      return t(`adding.${phase}`);
    case 'failed':
      return '';
  }
}
