package conference

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones are checked on machines that have no zone files
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/text"
)

// Bounds of the fields, in characters.
const (
	maxName       = 120
	maxTitle      = 200
	maxText       = 2000
	maxShort      = 100
	maxBridges    = 20
	minPassword   = 8
	maxPassword   = 128
	maxOpenBefore = 7 * 24 * 60 // minutes
	maxRetention  = 365         // days
)

func invalid(pointer, detail string) *problem.Error {
	return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: []problem.Field{{Pointer: pointer, Detail: detail}}}
}

// NormalName returns the one form of a conference's name that is stored and compared: NFC, and nothing else. Case and
// spaces count, as the guide demands. It fails for a name that people could not read to each other.
func NormalName(name string) (string, error) {
	if name == "" {
		return "", errors.New("is empty")
	}
	if !utf8.ValidString(name) {
		return "", errors.New("is not valid UTF-8")
	}
	name = norm.NFC.String(name)
	if utf8.RuneCountInString(name) > maxName {
		return "", fmt.Errorf("is longer than %d characters", maxName)
	}
	if hidden(name, false) {
		return "", errors.New(invisible)
	}
	if !text.Named(name) {
		return "", errors.New("has no letter and no digit")
	}
	return name, nil
}

const invisible = "contains characters that nobody sees"

// hidden looks for what nobody sees. Several lines may have breaks and tabs.
func hidden(s string, lines bool) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return text.Hidden(r) && !(lines && (r == '\n' || r == '\t')) })
}

// check collects what is wrong, so that one answer tells everything.
type check struct{ fields []problem.Field }

func (v *check) fail(pointer, detail string) {
	v.fields = append(v.fields, problem.Field{Pointer: pointer, Detail: detail})
}

func (v *check) text(pointer, s string, limit int, lines bool) string {
	s = norm.NFC.String(s)
	if utf8.RuneCountInString(s) > limit {
		v.fail(pointer, fmt.Sprintf("is longer than %d characters", limit))
	}
	if hidden(s, lines) {
		v.fail(pointer, invisible)
	}
	return s
}

// instant returns t as it is stored, in a place of its own.
func (v *check) instant(pointer string, t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	if t.Year() < 2000 || t.Year() > 9000 {
		v.fail(pointer, "is out of range")
	}
	utc := t.UTC().Truncate(time.Millisecond)
	return &utc
}

func (v *check) between(pointer string, n, low, high int) {
	if n < low || n > high {
		v.fail(pointer, fmt.Sprintf("must be between %d and %d", low, high))
	}
}

// limit of a page; 0 is half of what is possible.
func (v *check) limit(n int) int {
	if n == 0 {
		return maxPage / 2
	}
	v.between("/limit", n, 1, maxPage)
	return n
}

func (v *check) oneOf(pointer, s string, allowed ...string) {
	if !slices.Contains(allowed, s) {
		v.fail(pointer, "must be one of "+strings.Join(allowed, ", "))
	}
}

func (v *check) err() error {
	if len(v.fields) == 0 {
		return nil
	}
	return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: v.fields}
}

// normalise brings the draft into the form that is stored, or says everything that is wrong with it.
func (d *Draft) normalise(now time.Time) error { return d.check(now).err() }

func (d *Draft) check(now time.Time) *check {
	v := new(check)
	name, err := NormalName(d.Name)
	if err != nil {
		v.fail("/name", err.Error())
	}
	d.Name = name
	d.Title = v.text("/title", d.Title, maxTitle, false)
	d.Description = v.text("/description", d.Description, maxText, true)
	d.ExternalID = v.text("/externalId", d.ExternalID, maxTitle, false)
	d.Schedule.normalise(v, now)
	d.normaliseBridges(v)
	d.Guests.normalise(v)
	if len(d.Region) > maxShort || strings.Trim(d.Region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		v.fail("/region", "must be lower-case letters, digits and hyphens")
	}
	v.between("/retentionDays", d.RetentionDays, 1, maxRetention)
	d.normalisePassword(v)
	return v
}

func (d *Draft) normalisePassword(v *check) {
	d.Password = NormalPassword(d.Password)
	if d.Password == "" { // a generated one is wanted
		return
	}
	if n := utf8.RuneCountInString(d.Password); n < minPassword || n > maxPassword {
		v.fail("/password", fmt.Sprintf("must have between %d and %d characters", minPassword, maxPassword))
	}
	if hidden(d.Password, false) {
		v.fail("/password", invisible)
	}
}

func (s *Schedule) normalise(v *check, now time.Time) {
	s.StartsAt = v.instant("/startsAt", s.StartsAt)
	s.EndsAt = v.instant("/endsAt", s.EndsAt)
	if s.EndsAt != nil && !s.EndsAt.After(now) {
		v.fail("/endsAt", "is in the past")
	}
	if s.EndsAt != nil && s.StartsAt != nil && !s.EndsAt.After(*s.StartsAt) {
		v.fail("/endsAt", "is not after startsAt")
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil || len(s.Timezone) > maxShort || s.Timezone == "Local" {
		v.fail("/timezone", "is not an IANA time zone")
	}
	v.between("/openBefore", s.OpenBefore, 0, maxOpenBefore)
}

func (s *Settings) normaliseBridges(v *check) {
	if s.Bridges == nil {
		s.Bridges = []Bridge{}
	}
	if len(s.Bridges) > maxBridges {
		v.fail("/bridges", fmt.Sprintf("has more than %d entries", maxBridges))
	}
	for i := range s.Bridges {
		b, at := &s.Bridges[i], fmt.Sprintf("/bridges/%d", i)
		v.oneOf(at+"/kind", b.Kind, BridgeAudio, BridgeVideo)
		b.Label = v.text(at+"/label", b.Label, maxShort, false)
		b.Country = v.text(at+"/country", b.Country, maxShort, false)
		b.Number = v.text(at+"/number", b.Number, maxTitle, false)
		b.Code = v.text(at+"/code", b.Code, maxShort, false)
		if b.Number == "" {
			v.fail(at+"/number", "is empty")
		}
	}
}

func (g *Guests) normalise(v *check) {
	v.between("/maxParticipants", g.MaxParticipants, 0, 100_000)
	v.oneOf("/guestPolicy", g.GuestPolicy, PolicyAccept, PolicyLobby, PolicyDeny)
	v.oneOf("/permissions/guestShare", g.Permissions.GuestShare, ShareNone, ShareSoftware, ShareBrowser)
	g.Welcome = v.text("/welcome", g.Welcome, maxText, true)
	g.SupportContact = v.text("/supportContact", g.SupportContact, maxTitle, false)
}
