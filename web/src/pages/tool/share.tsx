import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Attendance } from '../../session/attendance.ts';
import type { PublisherState } from '../../session/publisher.ts';
import type { Hint } from '../../session/sender.ts';
import type { Work } from '../../session/work.ts';
import type { Translate } from '../../text/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field } from '../../ui/field.tsx';
import { useText } from '../../ui/services.ts';

interface ShareControlProps {
  work: Work;
  /** What stands beside the button. */
  children: ComponentChildren;
}

/** "Share" for those who may, "Stop sharing" while they do. */
export function ShareControl({ work, children }: ShareControlProps): JSX.Element {
  const t = useText();
  const asking = useSignal(false);
  const { publisher, control } = work.attendance;
  const state = publisher.state.value;
  const over = control.state.value.phase === 'closed';
  const sharing = !['idle', 'choosing', 'ended'].includes(state.phase);
  useWarning(sharing);
  return (
    <>
      <p class="share-state" role="status" data-testid="share-state" data-state={state.phase}>
        {shareText(state, t)}
      </p>
      {/* One button throughout, so that the keyboard's focus stays on it. */}
      {sharing ? (
        <Button
          key="share"
          testid="stop-share"
          icon="stop"
          look="primary"
          onClick={() => publisher.stop()}
        >
          {t('share.stop')}
        </Button>
      ) : (
        mayShare(work.attendance) &&
        !over && (
          <Button
            key="share"
            testid="share-button"
            icon="share"
            busy={state.phase === 'choosing'}
            onClick={() => (asking.value = true)}
          >
            {t('share.button')}
          </Button>
        )
      )}
      {!over && children}
      {asking.value && (
        <ShareDialog
          onClose={() => (asking.value = false)}
          onStart={(label, hint) => {
            asking.value = false;
            void publisher.start({ label, hint });
          }}
        />
      )}
    </>
  );
}

/** Whoever closes the page, or loads it anew, while they share is asked first: nobody would see anything any more. */
function useWarning(sharing: boolean): void {
  useEffect(() => {
    if (!sharing) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [sharing]);
}

/** By right, and with this browser. */
export function mayShare({ control }: Attendance): boolean {
  const allowed = control.grant.value?.permissions.includes('share') ?? false;
  return allowed && typeof navigator.mediaDevices?.getDisplayMedia === 'function';
}

interface ShareDialogProps {
  onClose: () => void;
  onStart: (label: string, hint: Hint) => void;
}

function ShareDialog({ onClose, onStart }: ShareDialogProps): JSX.Element {
  const t = useText();
  const label = useRef<HTMLInputElement>(null);
  const hint = useSignal<Hint>('text');
  return (
    <Dialog title={t('share.title')} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onStart(label.current?.value.trim() || t('share.label.default'), hint.value);
        }}
      >
        <p>{t('share.lead')}</p>
        <Field
          label={t('share.label')}
          name="label"
          testid="share-label"
          value={t('share.label.default')}
          maxLength={64}
          inputRef={label}
        />
        <fieldset class="options">
          <legend>{t('share.hint')}</legend>
          {(['text', 'motion'] as const).map((option) => (
            <label key={option} class="option">
              <input
                type="radio"
                name="hint"
                checked={hint.value === option}
                data-testid={`share-hint-${option}`}
                onChange={() => (hint.value = option)}
              />
              <span>
                {t(`share.${option}`)}
                <span class="small">{t(`share.${option}.hint`)}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <div class="dialog-buttons">
          <Button testid="share-cancel" onClick={onClose}>
            {t('share.cancel')}
          </Button>
          <Button type="submit" look="primary" testid="share-start">
            {t('share.start')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function shareText(state: PublisherState, t: Translate): string {
  switch (state.phase) {
    case 'idle':
      return '';
    case 'choosing':
      return t('share.choosing');
    case 'connecting':
      return t('share.connecting');
    case 'live':
      return t('share.live', { label: state.wish.label });
    case 'reconnecting':
      return t('share.reconnecting');
    case 'ended':
      switch (state.problem?.code) {
        case undefined:
          return t('share.ended');
        case 'capture':
          return t('share.ended.capture');
        case 'network':
        case 'timeout':
          return t('share.ended.network');
        case 'conflict':
        case 'unavailable':
          return t('share.ended.full');
        default:
          return t('share.ended.refused');
      }
  }
}
