/** English of the documents beside and on the stage. Every key is used; `{name}` is filled in. */
export const en = {
  tab: 'Documents',
  title: 'Documents',
  loading: 'The list is being fetched…',
  none: 'There are no documents yet.',
  'none.add':
    'Add a PDF or an image to show it page by page, or any file for the others to download.',
  'none.read':
    'What the presenters add appears here. You can download it until the conference ends.',
  stale: 'The list could not be fetched; it is tried again.',
  refresh: 'Try now',
  add: 'Add documents',
  'add.hint':
    'Or drop files here. Up to {size} each, {total} in all. They are deleted when the conference ends.',
  drop: 'Drop the files to add them',
  by: '{size}, from {name}',
  'by.you': '{size}, from you',
  shown: 'On the stage',
  project: 'Show',
  'project.label': 'Show {name} to everybody',
  projecting: 'Opening…',
  'project.close': 'Stop showing',
  download: 'Download',
  'download.label': 'Download {name}',
  delete: 'Delete',
  'delete.label': 'Delete {name}',
  'delete.title': 'Delete this document?',
  'delete.text': '{name} is removed for everybody, and cannot be brought back.',
  'delete.confirm': 'Delete',
  'delete.keep': 'Keep it',
  'said.added': '{name} is there for everybody.',
  'said.deleted': '{name} is deleted.',

  'adding.queued': 'waiting its turn',
  'adding.preparing': 'being read: {percent}',
  'adding.sending': 'being sent: {percent}',
  'adding.waiting': 'interrupted; it is sent again by itself',
  'adding.cancel': 'Cancel',
  'adding.cancel.label': 'Cancel adding {name}',
  'adding.dismiss': 'Dismiss',
  'adding.dismiss.label': 'Dismiss {name}',
  'adding.retry': 'Try again',
  'adding.retry.label': 'Try again to add {name}',

  'problem.too-large':
    'This file is too large: at most {size}. Make it smaller, or share your screen.',
  'problem.empty': 'This file is empty.',
  'problem.full':
    'There is no room for it: at most {count} documents and {total}. Delete some first.',
  'problem.unreadable':
    'The file cannot be read any more. Was it moved or changed? Choose it again.',
  'problem.forbidden': 'You may not do this in this conference. Ask a presenter.',
  'problem.gone': 'This document is not there any more.',
  'problem.damaged':
    'This file cannot be shown: it is damaged, or neither a PDF nor an image. It can be downloaded.',
  'problem.password': 'This PDF is protected by a password. Add a copy without one to show it.',
  'problem.too-many-points':
    'This image is too large to be shown. Make it smaller; it can be downloaded.',
  'problem.too-slow': 'This page takes too long to draw. The document can be downloaded.',

  'surface.opening': 'Opening {name}…',
  'surface.page': '{name}, page {page} of {pages}',
  'surface.image': 'Image: {name}',
  'surface.again': 'Try again',
  'surface.pages': 'Pages of the document',
  'surface.previous': 'Previous page',
  'surface.next': 'Next page',
  'surface.number': 'Page',
  'surface.of': 'of {pages}',
  'surface.text': 'Text of the page',
  'surface.said': 'Page {page} of {pages}',
};
