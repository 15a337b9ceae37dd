package cli

import (
	"fmt"
	"strings"

	"github.com/coopnet/coopnet/standalone"
)

func (t Terminal) help(topics []string) error {
	topic := "all"
	if len(topics) > 0 {
		topic = topics[0]
	}
	text := help(topic)
	if text == "" {
		return usagef("there is no help on %q", topic)
	}
	_, err := fmt.Fprint(t.Out, text)
	return err
}

func help(topic string) string {
	switch topic {
	case "all":
		return helpAll
	case "serve":
		return helpServe + settingsTable() + helpServeEnd
	case "conference":
		return helpConference + helpReach
	case "webhook":
		return helpWebhook + helpReach
	case "key":
		return helpKey
	case "backup":
		return helpBackup
	case "brand":
		return helpBrand
	case "report":
		return helpReport
	case "release":
		return helpRelease
	case "erase":
		return helpErase
	case "version":
		return "coopnet version    prints the version\n"
	}
	return ""
}

const helpAll = `Coopnet shares screens with people outside of the company.

  coopnet serve                       start portal, API and relay on this machine
  coopnet conference create NAME      make a conference; prints its password
  coopnet conference list             the conferences
  coopnet conference set ID           change a conference
  coopnet conference password ID      another password
  coopnet conference lobby ID         who waits to be let in
  coopnet conference calendar ID      an appointment for calendars
  coopnet conference invite ID        a personal link into a conference
  coopnet conference uninvite ID LINK a personal link that must not work any more
  coopnet conference end ID           end a conference for everybody
  coopnet conference delete ID        end it and forget it
  coopnet webhook create URL          tell another system what happens
  coopnet webhook list                the webhooks
  coopnet webhook delete ID           a webhook that is not needed any more
  coopnet key create ROLE             a key for an organizer, for support, for a relay, or for who publishes
  coopnet key list                    the keys
  coopnet key revoke ID               a key that must not work any more
  coopnet key rotate                  new keys for the server's own signatures
  coopnet backup FILE                 a copy of the database
  coopnet brand DIR OUT               the portal's files with your name, colours and logo
  coopnet report list                 diagnostic reports of guests
  coopnet report pull CODE            one of them, by the code that the guest reads out
  coopnet release publish FILE        offer a version of the software
  coopnet release list                what is offered
  coopnet release withdraw PLATFORM VERSION
                                      a version that nobody may get any more
  coopnet erase --email ADDRESS       everything that is kept of a person
  coopnet version                     the version

More on one of them: coopnet help serve, coopnet help conference, coopnet help key, and so on
`

const helpServe = `coopnet serve [flags]

Starts portal, API and relay on this machine. The first start makes the data folder, the keys and a demo conference,
and prints how to join it. Ctrl-C or SIGTERM stop it cleanly.

`

const helpServeEnd = `
A flag wins over its environment variable, that over the configuration file (TOML, keys are the flags' names), that over
the default. --config FILE or COOPNET_CONFIG name the file; docs/coopnet.toml is an example.
`

// settingsTable is made from the configuration itself, so that it cannot be wrong.
func settingsTable() string {
	var table strings.Builder
	for _, s := range standalone.Settings() {
		fmt.Fprintf(&table, "  --%s %s\n        %s", s.Flag, s.Value, s.Usage)
		if s.Default != "" {
			fmt.Fprintf(&table, " (default %s)", s.Default)
		}
		fmt.Fprintf(&table, "\n        %s\n", s.Variable)
	}
	return table.String()
}

const helpConference = `coopnet conference create NAME [flags]
  --title TEXT           shown above the name
  --password-file FILE   the password, instead of a generated one; - reads it from the terminal's input
  --starts TIME          RFC 3339, such as 2026-03-01T14:00:00+01:00; guests may join 15 minutes before
  --ends TIME            RFC 3339; without it the conference lasts until it is ended
  --timezone NAME        such as Europe/Paris: of the appointment that calendar prints
  --bridge "KIND, LABEL, COUNTRY, NUMBER, CODE"
                         an audio or video bridge that the conference page recalls; may be repeated
  --guests POLICY        accept, lobby (they wait until somebody lets them in) or deny (default accept)
  --guest-share WHAT     none, software or browser: from where guests may share (default software)
coopnet conference list [--status scheduled|open|ended]
coopnet conference set ID [flags of create but --password-file]
                         "" takes a setting away; --bridge replaces all bridges; the name cannot change
coopnet conference password ID [--password-file FILE]
                         another password; who has joined with the former one stays until the connection is lost
coopnet conference lobby ID
coopnet conference admit ID GUEST
coopnet conference refuse ID GUEST
                         GUEST is the id that lobby prints; who is refused may ask again after 15 minutes
coopnet conference calendar ID
                         prints an appointment (iCalendar) without the password, for a conference that has --starts
coopnet conference invitations ID
                         the personal links, without their codes
coopnet conference invite ID [--kind internal|guest|organizer] [--for NAME]
                         an organizer may also remove people, lock the conference and take the chat from somebody
coopnet conference uninvite ID LINK
                         LINK is the Id that invite printed; who has joined with it stays until the connection is lost
coopnet conference end ID
coopnet conference delete ID
                         ends it and forgets it, its links and its lobby

`

const helpWebhook = `coopnet webhook create URL [--event TYPE]...
                         sends events to URL; all when no --event is named. The secret that signs them is shown once
coopnet webhook list
coopnet webhook delete ID

docs/protocol.md tells the types of events, and how a request is verified.

`

const helpReach = `They talk to the running server:
  --url URL              where it is (default http://localhost:8080)
                         COOPNET_PUBLIC_URL
  --key-file FILE        an organizer's key (default: organizer.key in the data folder)
                         COOPNET_ORGANIZER_KEY holds the key itself
  --data DIR             the data folder (default data)
                         COOPNET_DATA
  --json                 print what the server answers, for scripts
`

const helpKey = `coopnet key create ROLE [flags]
  ROLE                   organizer: manages conferences
                         support: fetches reports
                         relay: a relay on another machine takes conferences; --label is then the relay's id
                         publisher: publishes the software, and manages these keys over the API
  --label TEXT           whose it is, for the list
  --read-only            it changes nothing (organizer and support)
  --expires TIME         RFC 3339, such as 2027-03-01T00:00:00+01:00; without it the key works until it is revoked
coopnet key list
coopnet key revoke ID
coopnet key rotate

A key is shown once. The list says who made and who revoked it, and about when it was last used. These commands work on
the data folder itself, whether the server runs or not; a revoked key stops working at once.

rotate makes new keys for what the server itself signs: join tokens, and the cookies of guests who are admitted and of
colleagues who have signed in. They are published first and used after three minutes; the former ones end by themselves, minutes later for join tokens and
twelve hours later for admissions. No organizer's or support's key changes.
  --data DIR             the data folder (default data)
                         COOPNET_DATA
  --json                 print JSON, for scripts
`

const helpBrand = `coopnet brand DIR OUT

Checks the brand in DIR, as coopnet serve --brand DIR does, and writes the files of the portal that it replaces to OUT: for
a portal whose files lie elsewhere, such as in the bucket of the cloud edition. They are of this version: write them again
after an update. docs/operations.md says what DIR has.
`

const helpBackup = `coopnet backup FILE

Writes a consistent copy of the database to a new file that only its owner can read, whether the server runs or not.
docs/operations.md says how to restore it.
  --data DIR             the data folder (default data)
                         COOPNET_DATA
`
