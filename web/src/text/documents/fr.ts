import type { en } from './en.ts';

/** French of the documents. No-break spaces stand before what has two parts, as French typography wants. */
export const fr: Record<keyof typeof en, string> = {
  tab: 'Documents',
  title: 'Documents',
  loading: 'Chargement de la liste…',
  none: 'Il n’y a pas encore de document.',
  'none.add':
    'Ajoutez un PDF ou une image pour l’afficher page par page, ou tout fichier que les autres pourront télécharger.',
  'none.read':
    'Ce que les présentateurs ajoutent apparaît ici. Vous pouvez le télécharger jusqu’à la fin de la conférence.',
  stale: 'La liste n’a pas pu être chargée ; un nouvel essai suivra.',
  refresh: 'Réessayer maintenant',
  add: 'Ajouter des documents',
  'add.hint':
    'Ou déposez des fichiers ici. Jusqu’à {size} chacun, {total} en tout. Ils sont supprimés à la fin de la conférence.',
  drop: 'Déposez les fichiers pour les ajouter',
  by: '{size}, de {name}',
  'by.you': '{size}, de vous',
  shown: 'À l’écran',
  project: 'Afficher',
  'project.label': 'Afficher {name} pour tous',
  projecting: 'Ouverture…',
  'project.close': 'Ne plus afficher',
  download: 'Télécharger',
  'download.label': 'Télécharger {name}',
  delete: 'Supprimer',
  'delete.label': 'Supprimer {name}',
  'delete.title': 'Supprimer ce document ?',
  'delete.text': '{name} sera supprimé pour tous, définitivement.',
  'delete.confirm': 'Supprimer',
  'delete.keep': 'Conserver',
  'said.added': '{name} est disponible pour tous.',
  'said.deleted': '{name} est supprimé.',

  'adding.queued': 'en attente',
  'adding.preparing': 'lecture : {percent}',
  'adding.sending': 'envoi : {percent}',
  'adding.waiting': 'interrompu ; l’envoi reprendra de lui-même',
  'adding.cancel': 'Annuler',
  'adding.cancel.label': 'Annuler l’ajout de {name}',
  'adding.dismiss': 'Retirer',
  'adding.dismiss.label': 'Retirer {name} de la liste',
  'adding.retry': 'Réessayer',
  'adding.retry.label': 'Réessayer d’ajouter {name}',

  'problem.too-large':
    'Ce fichier est trop volumineux : {size} au plus. Réduisez-le, ou partagez votre écran.',
  'problem.empty': 'Ce fichier est vide.',
  'problem.full':
    'Il n’y a plus de place : {count} documents et {total} au plus. Supprimez-en d’abord.',
  'problem.unreadable':
    'Le fichier ne peut plus être lu. A-t-il été déplacé ou modifié ? Choisissez-le à nouveau.',
  'problem.forbidden':
    'Vous ne pouvez pas le faire dans cette conférence. Demandez à un présentateur.',
  'problem.gone': 'Ce document n’est plus là.',
  'problem.damaged':
    'Ce fichier ne peut pas être affiché : il est endommagé, ou n’est ni un PDF ni une image. Il peut être téléchargé.',
  'problem.password':
    'Ce PDF est protégé par un mot de passe. Ajoutez une copie sans mot de passe pour l’afficher.',
  'problem.too-many-points':
    'Cette image est trop grande pour être affichée. Réduisez-la ; elle peut être téléchargée.',
  'problem.too-slow': 'Cette page est trop longue à dessiner. Le document peut être téléchargé.',

  'surface.opening': 'Ouverture de {name}…',
  'surface.page': '{name}, page {page} sur {pages}',
  'surface.image': 'Image : {name}',
  'surface.again': 'Réessayer',
  'surface.pages': 'Pages du document',
  'surface.previous': 'Page précédente',
  'surface.next': 'Page suivante',
  'surface.number': 'Page',
  'surface.of': 'sur {pages}',
  'surface.text': 'Texte de la page',
  'surface.said': 'Page {page} sur {pages}',
};
