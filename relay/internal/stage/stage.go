// Package stage knows what a conference may show, and who has been asked to show next. Pure state, without a lock.
package stage

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/coopnet/coopnet/relay/internal/once"
	"github.com/coopnet/coopnet/shared/text"
)

// Kind is what is shown.
type Kind string

// The kinds.
const (
	Share    Kind = "share"
	Board    Kind = "board"
	Document Kind = "document"
)

const (
	// MaxPages of a document.
	MaxPages = 2000
	maxName  = 255 // characters
	// offerFor is how long an offer lives.
	offerFor = time.Minute
)

// View is what the conference shows: a share (ID, or "" when nothing is shared), the whiteboard, or a page of a document.
// Participant has put it there.
type View struct {
	Kind        Kind
	ID, Name    string
	Page, Pages int
	Participant string
}

// Clean makes v safe to show, without what its kind does not have, and reports whether it can be shown.
func (v View) Clean() (View, bool) {
	switch v.Kind {
	case Share:
		return View{Kind: Share, ID: v.ID, Participant: v.Participant}, true
	case Board:
		return View{Kind: Board, Participant: v.Participant}, true
	case Document:
		v.Name = text.Line(v.Name)
		named := !text.Blank(v.Name) && utf8.RuneCountInString(v.Name) <= maxName
		return v, named && once.Valid(v.ID) && v.Page >= 1 && v.Page <= v.Pages && v.Pages <= MaxPages
	}
	return View{}, false
}

// Offers are who has asked whom to go on. A participant has one at a time.
type Offers map[string]offer // by who has asked

type offer struct {
	to       string
	until    time.Time
	declined bool
}

// Make notes that from asks to. Those of others that are over are forgotten, so that there are never more than people.
func (o Offers) Make(from, to string, now time.Time) {
	for other, made := range o {
		if !now.Before(made.until) {
			delete(o, other)
		}
	}
	o[from] = offer{to: to, until: now.Add(offerFor)}
}

// Decline turns an offer down and reports whether it was alive. The answer is kept as long as the offer would have lived,
// for whoever has lost the connection.
func (o Offers) Decline(from, to string, now time.Time) bool {
	made, there := o[from]
	if !there || made.to != to || made.declined || !now.Before(made.until) {
		return false
	}
	made.declined = true
	o[from] = made
	return true
}

// Declined names who has turned down what a participant offers, or nobody.
func (o Offers) Declined(from string, now time.Time) string {
	if made := o[from]; made.declined && now.Before(made.until) {
		return made.to
	}
	return ""
}

// To lists who has asked a participant that has not answered yet.
func (o Offers) To(to string, now time.Time) []string {
	var all []string
	for from, made := range o {
		if made.to == to && !made.declined && now.Before(made.until) {
			all = append(all, from)
		}
	}
	slices.Sort(all)
	return all
}

// Drop forgets what a participant was asked, and has asked.
func (o Offers) Drop(participant string) {
	delete(o, participant)
	o.Settle(participant)
}

// Settle forgets what a participant was asked, because it has followed.
func (o Offers) Settle(to string) {
	for from, made := range o {
		if made.to == to {
			delete(o, from)
		}
	}
}
