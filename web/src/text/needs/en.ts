/** English: what a conference needs, in words and for network teams. */
export const en = {
  'browsers.title': 'Browsers',
  'browsers.lead': 'On a computer, tablet or phone. Older ones may work, but are not tested.',
  'browsers.browser': 'Browser',
  'browsers.version': 'Version',
  'browsers.share': 'Can share a screen',
  'browsers.from': '{version} or later',
  'browsers.computer': 'on a computer',
  'browsers.never': 'no',
  'browsers.chrome': 'Chrome, Edge, Opera and others of that family',
  'browsers.firefox': 'Firefox',
  'browsers.safari': 'Safari (macOS)',
  'browsers.iphone': 'Browsers of iPhone and iPad',
  'browsers.android': 'Chrome and Firefox on Android',

  'bandwidth.title': 'Connection',
  'bandwidth.what': 'For what',
  'bandwidth.down': 'Towards you',
  'bandwidth.up': 'From you',
  'bandwidth.text': 'Text and slides, legible',
  'bandwidth.usual': 'A usual conference',
  'bandwidth.film': 'A film with sound',
  'bandwidth.share': 'To share yourself',
  'bandwidth.hint':
    'The picture adapts to what the connection carries. Voices need nothing here: they go by phone.',

  'network.title': 'For network teams',
  'network.lead':
    'Outgoing connections only. The picture takes the first of these ways that works; one is enough.',
  'network.way': 'Way',
  'network.port': 'Port',
  'network.what': 'What for',
  'network.web': 'Pages, API, WebSocket of the control channel',
  'network.udp': 'Pictures, the best way',
  'network.tcp': 'Pictures where UDP is closed',
  'network.turn': 'Pictures through TURN',
  'network.turns': 'Pictures through TURN over TLS; passes web proxies',
  'network.more': 'More about firewalls, proxies and VPNs',

  'addresses.title': 'Addresses of this service',
  'addresses.lead': 'As the service names them now, for your rules.',
  'addresses.show': 'Show the addresses',
  'addresses.busy': 'Asking…',
  'addresses.portal': 'Portal',
  'addresses.relay': 'Media server {region}',
  'addresses.none': 'No media server is there at the moment.',
  'addresses.failed': 'The service does not say it now. Try again in a minute.',
  'addresses.media':
    'The media port itself (UDP and TCP) is named when a picture connection begins; 7882 unless the operator has chosen another one.',
  'addresses.yours': 'You come from {address}.',
};

export type NeedsKey = keyof typeof en;
