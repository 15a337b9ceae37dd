package board

import (
	"strconv"
	"strings"

	"github.com/coopnet/coopnet/relay/internal/once"
)

// Kind is what a surface is.
type Kind int

// The kinds of surfaces.
const (
	Whiteboard Kind = iota + 1
	Share
	Page
)

const maxPage = 2000

// Surface is something to draw on and to point at.
type Surface struct {
	Kind Kind
	ID   string // of the share or of the document
	Page int    // of the document
}

// OnShare is the surface of a share.
func OnShare(publication string) Surface { return Surface{Kind: Share, ID: publication} }

// ParseSurface reads what String writes: "board", "share/PUBLICATION" or "page/DOCUMENT/N".
func ParseSurface(s string) (Surface, bool) {
	kind, rest, _ := strings.Cut(s, "/")
	var on Surface
	switch kind {
	case "board":
		on = Surface{Kind: Whiteboard}
	case "share":
		on = OnShare(rest)
	case "page":
		id, number, _ := strings.Cut(rest, "/")
		page, err := strconv.Atoi(number)
		if err != nil || page < 1 || page > maxPage {
			return Surface{}, false
		}
		on = Surface{Kind: Page, ID: id, Page: page}
	}
	if on.Kind != Whiteboard && !once.Valid(on.ID) || on.String() != s {
		return Surface{}, false
	}
	return on, true
}

// String is the surface's name in messages.
func (s Surface) String() string {
	switch s.Kind {
	case Whiteboard:
		return "board"
	case Share:
		return "share/" + s.ID
	case Page:
		return "page/" + s.ID + "/" + strconv.Itoa(s.Page)
	}
	return ""
}
