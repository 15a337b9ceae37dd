/** English of the way into the installed software. Every key is used; `{name}` is filled in. */
export const en = {
  'badge.some': 'Version {version} · {size}',
  'badge.none': 'Not available yet',
  'badge.computers': 'For computers',

  'offer.none':
    'There is no software for your system yet. Join without installation: you see the shared screen just as well.',
  'offer.insist': 'I already have it: start it',
  'offer.phone':
    'The software is for computers. On a phone or tablet, join without installation: you see the shared screen just as well.',
  early:
    'The conference has not opened yet, and the software can be started once it has. The next page says when that is.',
  'early.page': 'To the conference’s page',
  closed: 'The conference does not open for you any more. Ask its organizer, or join anew.',

  'launch.title': 'Join with the software',
  'progress.asking': 'One moment…',
  'progress.ready': 'Ready. Start the software with the button.',
  'progress.opened': 'Waiting for the software to start…',
  'progress.late': 'The software has not answered yet. Below you find what helps.',
  'progress.started': 'You are in, in the software.',
  'progress.started.version': 'You are in, in the software (version {version}).',
  'progress.old': 'The software on this computer is version {version}, which is too old.',
  'progress.expired': 'The software did not start in time. Try again.',
  'progress.failed': 'The software could not be started.',
  start: 'Start the software',
  again: 'Try again',
  without: 'Join without installation',

  'ask.title': 'Did your browser ask something?',
  'ask.chromium':
    'Your browser asks at the top of the page whether it may open the software. Press the button that begins with “Open”.',
  'ask.edge': 'Edge asks at the top of the page whether it may open the software. Press “Open”.',
  'ask.linux':
    'Your browser asks at the top of the page whether it may open “xdg-open”, which starts the software. Press “Open xdg-open”.',
  'ask.firefox':
    'Firefox asks at the top of the page whether it may open the link. Press “Open Link”.',
  'ask.safari': 'Safari asks whether this page may open the software. Press “Allow”.',

  'install.title': 'Is the software not installed yet?',
  'install.lead': 'This takes less than two minutes and needs no administrator’s rights.',
  'install.lead.package':
    'This takes less than two minutes. Your system asks for an administrator’s password.',
  'install.unknown':
    'The list of the software cannot be read at the moment. Try again in a minute, or join without installation.',
  'install.download': 'Download version {version} ({size})',
  'install.file.chromium': 'The file appears at the top right, under the arrow that points down.',
  'install.file.edge': 'The file appears at the top right. If Edge asks, choose “Keep”.',
  'install.file.firefox': 'The file appears at the top right, under the arrow that points down.',
  'install.file.safari': 'The file appears at the top right, under the arrow that points down.',
  'install.run.windows':
    'Open the file and confirm each window. If Windows does not know the publisher, check the file as described below first.',
  'install.run.linux': 'Open the file: your system’s software centre installs it.',
  'install.run.macos':
    'Open the file and follow its windows. On macOS the software has been tried little so far.',
  'install.back': 'Come back to this page and press “Try again”.',
  'install.none':
    'None is published here for your system. Ask whoever looks after your computer, or join without installation.',
  'install.rights':
    'If you may not install anything on this computer, ask its administrator, or join without installation.',

  'old.title': 'Update the software',
  'old.text':
    'Let it update itself in its own window, then press “Try again”. Or install the new version by hand:',

  'check.title': 'Check the file',
  'check.text':
    'In the folder of your downloads, this command prints the file’s checksum (SHA-256):',
  'check.must': 'It must be this one. If it is another, delete the file and tell your support.',

  'started.title': 'The software has joined',
  'started.text': 'You can go on there. Your voice stays on the phone.',
  'started.newer': 'Version {version} has come out since; the software offers it to you.',
  'started.numbers': 'Telephone numbers',
  'started.watch': 'Also watch here',
  'started.anew': 'Start it again',

  'keep.label': 'Always join this way on this computer',
  'keep.hint': '“Disconnect” forgets it. Not on a computer that you share with others.',
};

export type LaunchKey = keyof typeof en;
export type LaunchCatalogue = Readonly<Record<LaunchKey, string>>;
