import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { useLaunchText } from '../../text/launch/launch.ts';
import { useServices } from '../../ui/services.ts';

/** The choice is remembered on request only. */
export function KeepWay({ asked }: { asked: boolean }): JSX.Element {
  const { portal } = useServices();
  const { t } = useLaunchText();
  const id = useId();
  const kept = useSignal(portal.ways.read() !== null);
  return (
    <div class="checkbox">
      <input
        id={id}
        type="checkbox"
        data-testid="keep-way"
        aria-describedby={`${id}-hint`}
        checked={kept.value}
        onChange={(event) => {
          kept.value = event.currentTarget.checked;
          if (kept.value) portal.ways.keep(asked ? 'software' : 'browser');
          else portal.ways.forget();
        }}
      />
      <div>
        <label for={id}>{t('keep.label')}</label>
        <p class="field-hint" id={`${id}-hint`}>
          {t('keep.hint')}
        </p>
      </div>
    </div>
  );
}
