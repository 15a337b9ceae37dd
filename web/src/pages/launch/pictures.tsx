/** Small drawings of what a browser or a system shows; the text beside them says the same. */
import type { ComponentChildren, JSX } from 'preact';
import type { Family, System } from '../../session/workstation.ts';

/** A browser's window: tabs above, the address, the page. Safari's has its buttons on the left and no tabs. */
function Window({
  family,
  children,
}: {
  family: Family;
  children: ComponentChildren;
}): JSX.Element {
  const safari = family === 'safari';
  return (
    <svg class="drawn" viewBox="0 0 200 120" aria-hidden="true" focusable="false">
      <rect class="drawn-frame" x="1" y="1" width="198" height="118" rx="7" />
      <path class="drawn-line" d={safari ? 'M1 27h198' : 'M1 37h198'} />
      {safari ? (
        <path class="drawn-dots" d="M12 14v.01M21 14v.01M30 14v.01" />
      ) : (
        <path class="drawn-tab" d="M8 19V9q0-4 4-4h54q4 0 4 4v10" />
      )}
      <rect
        class="drawn-field"
        x={safari ? 48 : 26}
        y={safari ? 8 : 22}
        width={safari ? 104 : 128}
        height="11"
        rx="5.5"
      />
      {children}
    </svg>
  );
}

/** Where the finished download is shown. */
export function Downloaded({ family }: { family: Family }): JSX.Element {
  const y = family === 'safari' ? 13 : 27;
  const firefox = family === 'firefox';
  return (
    <Window family={family}>
      <path
        class="drawn-mark"
        d={`M172 ${y - 4}v8m-3.500-3.500 3.500 3.500 3.500-3.500M167 ${y + 7}h10`}
      />
      <rect class="drawn-box" x="112" y={y + 15} width="80" height={firefox ? 40 : 32} rx="5" />
      <rect class="drawn-file" x="119" y={y + 22} width="13" height="17" rx="2" />
      <path class="drawn-text" d={`M138 ${y + 26}h44M138 ${y + 35}h28`} />
      {firefox && <path class="drawn-line" d={`M112 ${y + 44}h80`} />}
    </Window>
  );
}

interface AsksProps {
  family: Family;
  system: System;
  text: string;
}

/** The question before a program is opened: below the address. Windows has the yes on the left. */
export function Asks({ family, system, text }: AsksProps): JSX.Element {
  const [x, y] = family === 'safari' ? [46, 32] : [34, 41];
  const windows = system === 'windows';
  return (
    <div class="launch-asks">
      <Window family={family}>
        <rect class="drawn-box" x={x} y={y} width="108" height="54" rx="6" />
        <path class="drawn-text" d={`M${x + 9} ${y + 12}h72M${x + 9} ${y + 21}h50`} />
        <rect class="drawn-field" x={x + 9} y={y + 28} width="6" height="6" rx="1.5" />
        <path class="drawn-text" d={`M${x + 20} ${y + 31}h46`} />
        <rect
          class="drawn-yes"
          x={x + (windows ? 42 : 72)}
          y={y + 39}
          width="28"
          height="10"
          rx="5"
        />
        <rect
          class="drawn-no"
          x={x + (windows ? 74 : 42)}
          y={y + 39}
          width="26"
          height="10"
          rx="5"
        />
      </Window>
      <p>{text}</p>
    </div>
  );
}

/** The installer's window on Windows, a package on Linux and macOS. */
export function Installing({ system }: { system: System }): JSX.Element {
  const windows = system === 'windows';
  return (
    <svg class="drawn" viewBox="0 0 200 120" aria-hidden="true" focusable="false">
      <rect class="drawn-frame" x="22" y="12" width="156" height="96" rx={windows ? 3 : 9} />
      <path class="drawn-line" d="M22 30h156" />
      {windows ? (
        <path class="drawn-mark" d="m164 18 7 7m0-7-7 7m-16-3h7" />
      ) : (
        <path class="drawn-dots" d="M34 21v.01M43 21v.01M52 21v.01" />
      )}
      <rect class="drawn-file" x="36" y="42" width="26" height="30" rx="3" />
      <path class="drawn-text" d="M74 48h70M74 58h86M74 68h52" />
      <rect class="drawn-yes" x="124" y="86" width="42" height="12" rx={windows ? 2 : 6} />
      {windows && <rect class="drawn-no" x="78" y="86" width="40" height="12" rx="2" />}
    </svg>
  );
}
