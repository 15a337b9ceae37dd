import type { JSX } from 'preact';
import type { Work } from '../../../session/work.ts';
import { useTalkText, type TalkTranslate } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';
import { useServices } from '../../../ui/services.ts';
import { Card } from '../../../ui/surface.tsx';
import { fileName, saveText } from './save.ts';
import { asTable, asText } from './transcript.ts';

/** Gives the chat as a file, to read or as a table. */
export function useChatFile({ chat, people }: Work): (ending: 'txt' | 'csv') => void {
  const { portal } = useServices();
  const { t, when } = useTalkText();
  return (ending) => {
    const now = new Date();
    const conference = portal.admission.peek()?.conference.name ?? '';
    const messages = chat.messages.peek();
    const self = people.self.peek()?.id ?? '';
    const title = t('file.title', { conference, when: when(now.toISOString()) });
    const file = fileName(conference, t('file.chat'), ending, now);
    if (ending === 'csv') saveText(file, 'text/csv', asTable(messages, t));
    else saveText(file, 'text/plain', asText(messages, title, self, t));
  };
}

/** After the conference: what was written can still be kept, until the page is closed. */
export function KeepChat({ work }: { work: Work }): JSX.Element | null {
  const { t } = useTalkText();
  const save = useChatFile(work);
  const unsent = work.chat.outgoing.value;
  const written = work.chat.messages.value.length > 0;
  if (!written && unsent.length === 0) return null;
  return (
    <Card title={t('keep.title')} testid="keep-chat">
      {unsent.length > 0 && (
        <>
          <p>{t('keep.unsent')}</p>
          <ul class="messages" data-testid="unsent">
            {unsent.map(({ key, text }) => (
              <li key={key} class="message failed">
                <bdi class="words">{text}</bdi>
              </li>
            ))}
          </ul>
        </>
      )}
      {written && <Files save={save} t={t} />}
    </Card>
  );
}

interface FilesProps {
  save(ending: 'txt' | 'csv'): void;
  t: TalkTranslate;
}

function Files({ save, t }: FilesProps): JSX.Element {
  return (
    <>
      <p>{t('keep.text')}</p>
      <div class="message-buttons">
        <Button testid="keep-text" icon="download" onClick={() => save('txt')}>
          {t('chat.export.text')}
        </Button>
        <Button testid="keep-csv" icon="download" onClick={() => save('csv')}>
          {t('chat.export.csv')}
        </Button>
      </div>
    </>
  );
}
