package board

import (
	"unicode/utf8"

	"github.com/coopnet/coopnet/relay/internal/once"
	"github.com/coopnet/coopnet/shared/text"
)

const (
	maxPoints   = 1000
	maxWidth    = 100 // thousandths of the surface's width
	maxPlace    = 10_000
	maxText     = 500 // characters
	overhead    = 180 // bytes of a shape in a message beside its points and texts, about
	coordinates = 5   // bytes of one in a message, about
)

// Shape is something that was drawn. It never changes: a stroke that grows is another Shape with its ID.
type Shape struct {
	ID, Key           string
	Participant, Name string
	Tool, Colour      string
	Width             int
	Points            []uint16 // x0, y0, x1, y1, ...
	Text              string
}

// Drawing is a shape as a participant sends it.
type Drawing struct {
	Key, Tool, Colour string
	Width             int
	Points            []int
	Text              string
}

// Shape is what the participant has drawn, if it is a shape.
func (d Drawing) Shape(participant, name string) (*Shape, bool) {
	few, many := pointsOf(d.Tool)
	fits := len(d.Points)%2 == 0 && len(d.Points) >= 2*few && len(d.Points) <= 2*many
	if many == 0 || !fits || !once.Valid(d.Key) || !colour(d.Colour) || d.Width < 1 || d.Width > maxWidth {
		return nil, false
	}
	s := &Shape{
		Key: d.Key, Participant: participant, Name: name, Tool: d.Tool, Colour: d.Colour, Width: d.Width,
		Points: make([]uint16, len(d.Points)), Text: text.Lines(d.Text),
	}
	for i, p := range d.Points {
		if !Inside(p) {
			return nil, false
		}
		s.Points[i] = uint16(p)
	}
	written := !text.Blank(s.Text) && utf8.RuneCountInString(s.Text) <= maxText
	if written != (d.Tool == "text") || d.Tool != "text" && d.Text != "" {
		return nil, false
	}
	return s, true
}

// Inside reports whether a coordinate is on a surface.
func Inside(place int) bool { return place >= 0 && place <= maxPlace }

// pointsOf says how many points a tool has; none at all if there is no such tool.
func pointsOf(tool string) (few, many int) {
	switch tool {
	case "pen", "marker":
		return 1, maxPoints
	case "line", "arrow", "rectangle", "ellipse":
		return 2, 2
	case "text":
		return 1, 2
	}
	return 0, 0
}

func colour(s string) bool {
	if len(s) != len("#rrggbb") || s[0] != '#' {
		return false
	}
	for i := range len(s) - 1 {
		if c := s[i+1]; (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

// Size is about what the shape takes in a message, in bytes.
func (s *Shape) Size() int { return overhead + coordinates*len(s.Points) + len(s.Text) + len(s.Name) }

func (s *Shape) key() once.Key { return once.Key{Participant: s.Participant, Key: s.Key} }
