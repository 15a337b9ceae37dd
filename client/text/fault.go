package text

import "strings"

// Faults are what is said of ends that nobody has caused by a click: what has happened, and what to do next.
type Faults struct {
	Broken   string // something in the software itself
	Crowded  string // the conference has as many shares as it can have
	NoUpdate string // too old, and there is nothing newer for this computer
	AskFor   string // too old, and the administrator has to install {version}
}

// FaultsFor returns the faults of a language tag, as For does.
func FaultsFor(language string) Faults {
	if strings.HasPrefix(strings.ToLower(language), "fr") {
		return Faults{
			Broken:   "Le logiciel a rencontré un problème\u00a0: le partage est terminé. Relancez-le depuis la page de la conférence, ou partagez dans le navigateur.",
			Crowded:  "La conférence a déjà tous les partages possibles. Dès que l’un d’eux s’arrête, relancez le logiciel depuis la page de la conférence.",
			NoUpdate: "Cette version de Coopnet est trop ancienne pour la conférence, et il n’y en a pas de plus récente pour cet ordinateur. Partagez dans le navigateur.",
			AskFor:   "Cette version de Coopnet est trop ancienne pour la conférence. Demandez à votre administrateur d’installer la version {version}, ou partagez dans le navigateur.",
		}
	}
	return Faults{
		Broken:   "Something went wrong in the software, so sharing has ended. Start it again from the page of the conference, or share in the browser.",
		Crowded:  "The conference has as many shares as it can have. Once another one has stopped, start the software again from the page of the conference.",
		NoUpdate: "This version of Coopnet is too old for the conference, and there is no newer one for this computer. Share in the browser.",
		AskFor:   "This version of Coopnet is too old for the conference. Ask your administrator to install version {version}, or share in the browser.",
	}
}
