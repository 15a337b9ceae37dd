import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { Attendance } from '../../session/attendance.ts';
import { useBoardText } from '../../text/board/board.ts';

/** What is captured here, small. */
export function Preview({ attendance }: { attendance: Attendance }): JSX.Element {
  const { t } = useBoardText();
  const video = useRef<HTMLVideoElement>(null);
  useSignalEffect(() => {
    const element = video.current;
    const media = attendance.publisher.media.value;
    if (element === null) return;
    element.srcObject = media;
    if (media !== null) element.play().catch(() => {});
  });
  return (
    <video
      ref={video}
      class="preview"
      data-testid="preview"
      aria-label={t('share.preview')}
      playsInline
      muted
    />
  );
}
