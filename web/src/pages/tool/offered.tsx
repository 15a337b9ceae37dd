import type { JSX } from 'preact';
import type { Work } from '../../session/work.ts';
import { useBoardText } from '../../text/board/board.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useText } from '../../ui/services.ts';

/** Asks somebody who is offered to present. */
export function Offered({ work }: { work: Work }): JSX.Element | null {
  const t = useText();
  const { t: b } = useBoardText();
  const { handover } = work.stage;
  const offered = handover.offered.value;
  if (offered === null) return null;
  const { publisher } = work.attendance;
  return (
    <Dialog title={b('offered.title')} onClose={() => handover.decline()}>
      <div class="asking" data-testid="offered">
        <p>{b('offered.text', { name: offered.name })}</p>
        <div class="dialog-buttons">
          <Button testid="offered-decline" onClick={() => handover.decline()}>
            {b('offered.decline')}
          </Button>
          <Button
            testid="offered-share"
            icon="share"
            look="primary"
            onClick={() => {
              handover.accept();
              // Straight from the click: the browser asks what to share.
              void publisher.start({ label: t('share.label.default'), hint: 'text' });
            }}
          >
            {b('offered.share')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
