import type { JSX } from 'preact';
import type { Participant } from '../../../session/wire.ts';
import type { TalkTranslate } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';

export interface RemovalProps {
  participant: Participant;
  t: TalkTranslate;
  onClose: () => void;
  onRemove(id: string): void;
}

/** Asks before somebody is sent out. */
export function Removal({ participant, t, onClose, onRemove }: RemovalProps): JSX.Element {
  const { id, name } = participant;
  return (
    <Dialog title={t('remove.title', { name })} onClose={onClose}>
      <p class="dialog-text">{t('remove.text', { name })}</p>
      <div class="dialog-buttons">
        <Button testid="remove-no" onClick={onClose}>
          {t('remove.no')}
        </Button>
        <Button
          testid="remove-yes"
          look="danger"
          onClick={() => {
            onRemove(id);
            onClose();
          }}
        >
          {t('remove.yes')}
        </Button>
      </div>
    </Dialog>
  );
}
