/** English: from the link to the conference. */
export const en = {
  'early.title': 'Not open yet',
  'early.opens': 'The conference opens on {when}.',
  'early.there': 'For the organizer, in the time zone {zone}, that is {when}.',
  'early.left': 'Opens in',
  'early.text':
    'You need not do anything: the shared screen appears here by itself. You can call the audio bridge meanwhile.',
  'early.long':
    'You can close this page and come back then, in the same way as today. Keep your invitation.',
  'early.said': 'The conference opens in less than {time}.',
  'early.soon': 'Opening…',
  'early.calendar': 'Add to my calendar',
  'early.calendar.file': 'conference.ics',

  'who.title': 'Who you are here',
  'who.as': 'The others see you as',
  'who.change': 'Change',
  'who.ways': 'Other ways to join',

  'call.with': 'Call {number}; the code is dialled, too',
  'call.without': 'Call {number}',
  'call.open': 'Call {number} with your video system',
  'call.copy': 'Copy',
  'call.copy.label': 'Copy the code {code}',
  'call.copied': 'Code {code} copied.',
  'call.copy.failed': 'Copying is not possible here. The code is {code}.',

  'kept.label': 'Remember the conference name on this computer',
  'kept.hint': 'Handy for a conference that comes again. The password is never kept.',
  'kept.forget': 'Forget the remembered names',
  'kept.forgotten': 'The remembered conference names have been forgotten.',

  'test.title': 'Is this computer ready?',
  'test.lead':
    'A test of a few seconds, before the conference. Your screen is not looked at, and nobody is told.',
  'test.run': 'Test this computer',
  'test.again': 'Test again',
  'test.running': 'Testing… {done} of {all}',
  'test.good': 'This computer is ready for a conference.',
  'test.warn': 'This computer can attend, with limits:',
  'test.bad': 'This computer cannot attend as it is:',
  'test.failed': 'The test could not be loaded. Check your connection, then try again.',
  'test.help': 'What to do',
  'test.more': 'Examine more with the diagnostic tool',

  'help.refused': 'What to check',
  'help.voice': 'How the audio bridge works',
  'help.identity': 'What happens with my name',
};

export type EntranceKey = keyof typeof en;
