// Package board keeps what the participants of one room draw: on the whiteboard, over shares, over pages of documents.
// Pure state, without a lock.
package board

import (
	"errors"
	"slices"

	"github.com/coopnet/coopnet/relay/internal/once"
)

// Refusals.
var (
	ErrInvalid  = errors.New("board: the key is another surface's")
	ErrNotFound = errors.New("board: the shape is gone")
	ErrDenied   = errors.New("board: somebody else's shape")
	ErrFull     = errors.New("board: too many shapes or surfaces")
)

const (
	maxShapes   = 1000
	maxSize     = 512 << 10 // bytes
	maxSurfaces = 64
)

// Sheet is what a surface has, in the order of drawing. There is one for each surface with a shape.
type Sheet struct {
	Surface Surface
	Shapes  []*Shape
}

// Board is everything that was drawn in one room.
type Board struct {
	sheets []*Sheet // in the order of their first shape
	shapes int
	size   int // of all shapes, in bytes
	keys   *once.Keys
}

// New returns an empty board.
func New() *Board { return &Board{keys: once.New()} }

// Draw puts a shape on a surface, with the id if its key is new, else in the place of the participant's earlier one. It
// refuses with ErrFull, with ErrInvalid where the earlier one is on another surface, and with ErrNotFound where it is gone.
func (b *Board) Draw(on Surface, id string, s *Shape) error {
	known, spent := b.keys.Find(s.key())
	if spent {
		return ErrNotFound
	}
	sheet := b.sheet(on)
	if known != "" {
		s.ID = known
		return b.redraw(sheet, s)
	}
	if b.shapes >= maxShapes || b.size+s.Size() > maxSize || sheet == nil && len(b.sheets) >= maxSurfaces {
		return ErrFull
	}
	if sheet == nil {
		sheet = &Sheet{Surface: on}
		b.sheets = append(b.sheets, sheet)
	}
	s.ID = id
	b.keys.Make(s.key(), id)
	sheet.Shapes = append(sheet.Shapes, s)
	b.shapes++
	b.size += s.Size()
	return nil
}

func (b *Board) redraw(sheet *Sheet, s *Shape) error {
	if sheet == nil {
		return ErrInvalid
	}
	i := slices.IndexFunc(sheet.Shapes, func(other *Shape) bool { return other.ID == s.ID })
	if i < 0 {
		return ErrInvalid
	}
	more := s.Size() - sheet.Shapes[i].Size()
	if b.size+more > maxSize {
		return ErrFull
	}
	b.size += more
	sheet.Shapes[i] = s
	return nil
}

// Erase takes away those of the shapes that are there, and names them. It refuses with ErrDenied, and takes nothing, when
// one of them is not the participant's and only those may go.
func (b *Board) Erase(on Surface, shapes []string, by string, anybodys bool) (erased []string, err error) {
	sheet := b.sheet(on)
	if sheet == nil {
		return nil, nil
	}
	wanted := make(map[string]bool, len(shapes))
	for _, id := range shapes {
		wanted[id] = true
	}
	for _, s := range sheet.Shapes {
		if !wanted[s.ID] {
			continue
		}
		if s.Participant != by && !anybodys {
			return nil, ErrDenied
		}
		erased = append(erased, s.ID)
	}
	b.take(sheet, func(s *Shape) bool { return wanted[s.ID] })
	return erased, nil
}

// Clear takes everything from a surface, and names what was there.
func (b *Board) Clear(on Surface) (erased []string) {
	sheet := b.sheet(on)
	if sheet == nil {
		return nil
	}
	for _, s := range sheet.Shapes {
		erased = append(erased, s.ID)
	}
	b.take(sheet, func(*Shape) bool { return true })
	return erased
}

// take forgets shapes, and their sheet with the last one.
func (b *Board) take(sheet *Sheet, which func(*Shape) bool) {
	for _, s := range sheet.Shapes {
		if which(s) {
			b.keys.Spend(s.key())
			b.shapes--
			b.size -= s.Size()
		}
	}
	sheet.Shapes = slices.DeleteFunc(sheet.Shapes, which)
	if len(sheet.Shapes) == 0 {
		b.sheets = slices.DeleteFunc(b.sheets, func(other *Sheet) bool { return other == sheet })
	}
}

// Sheets is a copy of what there is.
func (b *Board) Sheets() []Sheet {
	all := make([]Sheet, 0, len(b.sheets))
	for _, s := range b.sheets {
		all = append(all, Sheet{s.Surface, slices.Clone(s.Shapes)})
	}
	return all
}

// Size is about what the board holds, in bytes.
func (b *Board) Size() int { return b.size + b.keys.Size() }

func (b *Board) sheet(on Surface) *Sheet {
	if i := slices.IndexFunc(b.sheets, func(s *Sheet) bool { return s.Surface == on }); i >= 0 {
		return b.sheets[i]
	}
	return nil
}
