import type { JSX } from 'preact';
import { useBoardText } from '../../../text/board/board.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import type { Bench } from './bench.ts';
import { keysOf } from './keys.ts';

/** All keys of the picture, and the switch for who speaks to the computer instead of typing. */
export function KeyList({ bench }: { bench: Bench }): JSX.Element | null {
  const { t } = useBoardText();
  if (!bench.listing.value) return null;
  const close = () => (bench.listing.value = false);
  const deeds = Object.entries(keysOf) as [keyof typeof keysOf, readonly string[]][];
  return (
    <Dialog title={t('keys.title')} wide onClose={close}>
      <div class="keys" data-testid="keys">
        <p>{t('keys.lead')}</p>
        <dl>
          {deeds.map(([deed, [first]]) => (
            <div key={deed}>
              <dt>
                <kbd>{first === 'Escape' ? t('keys.escape') : first?.toUpperCase()}</kbd>
              </dt>
              <dd>{t(`keys.${deed}`)}</dd>
            </div>
          ))}
          <div>
            <dt>
              <kbd>{t('board.key.undo')}</kbd>
            </dt>
            <dd>{t('keys.undo')}</dd>
          </div>
          <div>
            <dt>
              <kbd>{t('keys.arrows.keys')}</kbd>
            </dt>
            <dd>{t('keys.arrows')}</dd>
          </div>
          <div>
            <dt>
              <kbd>{t('keys.wheel.keys')}</kbd>
            </dt>
            <dd>{t('keys.wheel')}</dd>
          </div>
          <div>
            <dt>
              <kbd>{t('keys.enter.keys')}</kbd>
            </dt>
            <dd>{t('keys.enter')}</dd>
          </div>
        </dl>
        <label class="checkbox">
          <input
            type="checkbox"
            checked={bench.letters.value}
            data-testid="keys-letters"
            onChange={(event) => bench.allowLetters(event.currentTarget.checked)}
          />
          <span>{t('keys.letters')}</span>
        </label>
        <div class="dialog-buttons">
          <Button testid="keys-close" look="primary" onClick={close}>
            {t('keys.close')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
