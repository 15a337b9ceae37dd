/** What the tool fetches once the first picture is there. */
export { Panel } from './panel.tsx';
export { Viewbar } from './board/viewbar.tsx';
export { Toolbox } from './board/toolbox.tsx';
export { PageTurner } from './documents/turner.tsx';
export { HandButton } from './talk/hand.tsx';
export { HandoverControl } from './handover.tsx';
export { ShowBoard } from './board/showboard.tsx';
export { ControlStrip } from './control/strip.tsx';
export { ControlSurface } from './control/surface.tsx';
