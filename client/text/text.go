// Package text is everything that the software says to people, in English and in French.
package text

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/coopnet/coopnet/shared/text"
)

// Words are the texts of one language. {name} stands for what Fill puts there.
type Words struct {
	Language string // BCP 47
	Confirm  Confirm
	Login    Login
	Picker   Picker
	Bar      Bar
	Consent  Consent
	Banner   Banner
	Message  Message
	Role     Role
	Key      Key
}

// Confirm asks before anything is shared.
type Confirm struct {
	Title      string // with {conference}
	Heading    string
	Conference string
	Portal     string
	You        string
	Note       string
	Share      string
	Cancel     string
}

// Login asks for a name and a password for a proxy.
type Login struct {
	Title    string // with {proxy}
	Heading  string
	Proxy    string
	Realm    string // what the proxy says about itself
	Refused  string
	Colon    string // no proxy can read such a name
	Name     string
	Password string
	Note     string
	SignIn   string
	Cancel   string
}

// Picker lets people choose what to share.
type Picker struct {
	Title    string
	Heading  string
	Desktop  string // headings of the kinds
	Screens  string
	Windows  string
	All      string // all screens
	Screen   string // with {number}
	Minimise string // a window that is minimised
	Looking  string // for what there is
	Control  string // the box to tick
	Empty    string
	Refresh  string
	Share    string
	Cancel   string
}

// Bar says what is shared.
type Bar struct {
	Sharing    string // with {what}
	Desktop    string
	Screen     string
	Window     string // with {what}
	Untitled   string // a window of which no title is known
	Audience   Audience
	Controlled string // with {name}
	Connecting string // nothing is sent yet
	Waiting    string // the connection is being made again
	Hidden     string // the window is minimised
	Black      string // nothing but black is captured
	Stop       string
	Change     string // something else is to be shared
}

// Audience says who watches what is shared.
type Audience struct {
	Watching0 string // how many others are in the conference
	Watching1 string
	WatchingN string // with {count}
	Nobody    string // watches
	Unnamed1  string // one watches, and the name is not known
	UnnamedN  string // with {count}
	One       string // watches: with {names}
	Several   string // watch: with {count} and {names}
	And       string // before the last name
	More1     string // one who is not named
	MoreN     string // with {count}
}

// Consent asks for each control.
type Consent struct {
	Title   string // with {name}
	Heading string // with {name} and {role}
	Desktop string // what can be done, by what is shared
	Screen  string
	Window  string // with {what}
	Ends    string // with {key}
	Refuses string // with {seconds}
	Allow   string
	Refuse  string
}

// Banner stays while somebody controls.
type Banner struct {
	Title    string // with {name}
	Controls string // with {name}
	Ends     string // with {key}
	Stop     string
}

// Message has the buttons of whatever else is said.
type Message struct {
	Title      string
	OK         string
	Cancel     string
	Update     string // there is a newer version, with {version}
	UpdateNow  string
	UpdateNot  string
	UpdateMust string // this version is too old, with {version}
	Fetching   string // with {version}
	Failed     string
}

// Role is who somebody is in the conference.
type Role struct {
	Guest     string
	Internal  string
	Organizer string
}

// Key names keys as keyboards of the language do; Ends puts them together.
type Key struct {
	Control   string
	Shift     string
	Backspace string
}

// For returns the words of a language tag such as "fr", "fr_CA.UTF-8" or "de-AT"; what is not there is English.
func For(language string) Words {
	primary, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(language), "_", "-"), "-")
	primary, _, _ = strings.Cut(primary, ".")
	if primary == "fr" {
		return french()
	}
	return english()
}

// FromEnvironment is the language that the environment asks for, as POSIX orders it.
func FromEnvironment(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			return value
		}
	}
	return ""
}

// Fill puts values in the place of names: Fill("{count} watch", "count", "3"). What has been put is not looked at again.
func Fill(s string, pairs ...string) string {
	var replace []string
	for i := 0; i+1 < len(pairs); i += 2 {
		replace = append(replace, "{"+pairs[i]+"}", pairs[i+1])
	}
	return strings.NewReplacer(replace...).Replace(s)
}

// Present says how many others are there, for as long as nobody has told who of them watches.
func (a Audience) Present(count int) string {
	switch count {
	case 0:
		return a.Watching0
	case 1:
		return a.Watching1
	}
	return Fill(a.WatchingN, "count", strconv.Itoa(count))
}

// Watching says who watches: count, of whom some have names.
func (a Audience) Watching(count int, names []string) string {
	switch {
	case count == 0:
		return a.Nobody
	case len(names) == 0 && count == 1:
		return a.Unnamed1
	case len(names) == 0:
		return Fill(a.UnnamedN, "count", strconv.Itoa(count))
	}
	names = slices.Clone(names[:min(len(names), count)])
	if most := MaxNames; count > most {
		names = names[:min(len(names), most-1)]
	}
	switch rest := count - len(names); rest {
	case 0:
	case 1:
		names = append(names, a.More1)
	default:
		names = append(names, Fill(a.MoreN, "count", strconv.Itoa(rest)))
	}
	last := len(names) - 1
	all := names[last]
	if last > 0 {
		all = strings.Join(names[:last], ", ") + " " + a.And + " " + all
	}
	if count == 1 {
		return Fill(a.One, "names", all)
	}
	return Fill(a.Several, "count", strconv.Itoa(count), "names", all)
}

// MaxNames is how many are named of those who watch.
const MaxNames = 3

// Panic names the key that ends the control, by its KeyboardEvent.code.
func (k Key) Panic(code string) string {
	if code == "Backspace" {
		code = k.Backspace
	}
	return k.Control + "\u00a0+\u00a0" + k.Shift + "\u00a0+\u00a0" + code // not broken over two lines
}

// Of names a role of the protocol.
func (r Role) Of(role string) string {
	switch role {
	case "internal":
		return r.Internal
	case "organizer":
		return r.Organizer
	}
	return r.Guest
}

// Foreign is a text from others, safe to show in one line: no character that nobody sees or that turns others around, and
// at most so many characters.
func Foreign(s string, limit int) string {
	s = text.Line(s)
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
}
