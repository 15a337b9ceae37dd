/** English around the topics of the help; the topics themselves are in the folder beside. */
export const en = {
  'help.page': 'Help',
  'help.title': 'Help',
  'help.lead': 'How to do it, and what to do when something does not work.',
  'help.loading': 'Opening the help…',
  'help.failed': 'The help could not be loaded. Check your connection, then reload the page.',
  'help.lost': 'There is no such topic. Search for it, or choose one below.',
  'help.back': 'All topics',
  'help.whole': 'The whole guide on one page',
  'help.print': 'Print',
  'help.topics': 'Topics',
  'help.next': 'Next',
  'help.previous': 'Before',
  'help.around': 'Before and after',

  'audience.guest': 'For guests',
  'audience.presenter': 'For presenters',
  'audience.organizer': 'For organizers',
  'audience.trouble': 'When something does not work',
  'audience.safety': 'Safety',

  'search.form': 'Search the help',
  'search.label': 'What are you looking for?',
  'search.hint': 'For example: sound, firewall, raise hand.',
  'search.found': '{count} topics found.',
  'search.found.one': 'One topic found.',
  'search.none': 'Nothing found. Try another word, or choose a topic below.',
  'search.results': 'Topics found',

  'guide.title': 'Documentation',
  'guide.text': 'The guide for guests, presenters and organizers, with a search.',
  'guide.open': 'Open the help',
  'guide.often': 'Often asked',
  'examine.title': 'Diagnostic tool',
  'examine.text':
    'When something does not work: it examines this browser and your network, says what to do, and gives support what it needs.',
  'examine.open': 'Open the diagnostic tool',
  'examine.how': 'How it works',
  'often.join': 'How do I attend a conference?',
  'often.voice': 'How do I hear and speak?',
  'often.no-picture': 'I see no picture',
  'often.no-sound': 'I hear nothing',
};

export type HelpKey = keyof typeof en;
