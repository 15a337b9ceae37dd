import { useSignal } from '@preact/signals';
import type { JSX, Ref } from 'preact';
import { useId } from 'preact/hooks';
import { useEntranceText } from '../../text/entrance/entrance.ts';
import { Button } from '../../ui/button.tsx';
import type { KeptNames } from './names.ts';

/** Names are kept on request only. */
export function KeepName({ inputRef }: { inputRef: Ref<HTMLInputElement> }): JSX.Element {
  const { t } = useEntranceText();
  const id = useId();
  return (
    <div class="checkbox">
      <input
        id={id}
        ref={inputRef}
        type="checkbox"
        name="keep"
        data-testid="keep-name"
        aria-describedby={`${id}-hint`}
      />
      <div>
        <label for={id}>{t('kept.label')}</label>
        <p class="field-hint" id={`${id}-hint`}>
          {t('kept.hint')}
        </p>
      </div>
    </div>
  );
}

/** The way back, there while something is remembered. */
export function ForgetNames({ names }: { names: KeptNames }): JSX.Element | null {
  const { t } = useEntranceText();
  const state = useSignal(names.read().length > 0 ? 'kept' : 'none');
  if (state.value === 'none') return null;
  return (
    <div role="status">
      {state.value === 'forgotten' ? (
        <p class="small">{t('kept.forgotten')}</p>
      ) : (
        <Button
          look="quiet"
          testid="forget-names"
          onClick={() => {
            names.forget();
            state.value = 'forgotten';
          }}
        >
          {t('kept.forget')}
        </Button>
      )}
    </div>
  );
}
