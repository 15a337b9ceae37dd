/** English of remote control. Every key is used; `{name}` is filled in. */
export const en = {
  ask: 'Ask for control',
  'ask.label': 'Ask {name} for control of “{label}”',
  by: '{controller} controls',
  'by.you': 'You control',

  'strip.asking': '{name} is asked whether you may control their desktop…',
  'strip.cancel': 'Do not ask any more',
  'strip.controlling': 'You control the desktop of {name}.',
  'strip.keys': '{leave} leaves the picture, {stop} ends the control.',
  'strip.keys.full':
    '{leave} leaves the picture, {stop} ends the control. Hold Escape to leave the full screen.',
  'strip.focus': 'Your keys stay here. Click on the picture to go on over there.',
  'strip.elsewhere': 'You look at something else.',
  'strip.back': 'Back to the desktop',
  'strip.stop': 'Stop controlling',
  'strip.wide': 'Full screen',
  'strip.full': 'Full screen, with all keys',
  'strip.other': '{controller} controls the desktop of {name}.',
  'strip.own': '{controller} controls your desktop.',
  'strip.end': 'End the control',
  'surface.label':
    'The desktop of {name}, which you control. {leave} leaves it, {stop} ends the control.',
  'key.stop': 'Ctrl+Shift+F12',
  'key.leave': 'Ctrl+Shift+F11',

  'no.denied': '{name} does not want to be helped by remote control now.',
  'no.busy': '{name} is being asked already, or somebody controls. Try again in a minute.',
  'no.conflict': '{name} is being asked already, or somebody controls. Try again in a minute.',
  'no.unverified': 'The software of {name} could not verify who you are. Try again.',
  'no.expired': '{name} has not answered.',
  'no.gone': 'The share of {name} is over.',
  'no.ended': 'The share of {name} is over.',
  'no.absent': 'The software of {name} has no connection at the moment. Try again in a minute.',
  'no.forbidden': 'You may not control the desktop of {name}.',
  'no.pace': 'You have asked often in a short time. Try again in half a minute.',
  'no.lost': 'The connection was interrupted. Ask {name} again.',
  'no.failed': '{name} could not be asked. Try again.',
  'input.lossy':
    'The network to {name} is slow: some of what you did has not arrived. Look at the picture before you go on.',
  'input.long': 'The text is too long: nothing of it was sent. Insert it in parts.',
  'end.stopped': '{name} has ended your control.',
  'end.idle': 'Your control of the desktop of {name} has ended: nothing was done for two minutes.',
  'end.expired':
    'Your control of the desktop of {name} has ended after an hour. You may ask again.',
  'end.left': '{name} has left.',
  'end.reconnected':
    'The connection was interrupted, which ends your control of the desktop of {name}. You may ask again.',
  'end.ended': 'The share of {name} is over, and with it your control.',
  'end.removed': 'An organizer has ended your control of the desktop of {name}.',
  'end.other': 'Your control of the desktop of {name} has ended.',
};

export type RemoteKey = keyof typeof en;
export type RemoteCatalogue = Readonly<Record<RemoteKey, string>>;
