//go:build linux

package pipewire

import (
	"image"
	"slices"
	"testing"
	"unsafe"
)

// sent is a buffer as the library hands it over, with regions of damage; without any, nothing is said.
func sent(damage ...image.Rectangle) *buffer {
	p := &parts{datas: 1, data: &data{kind: dataMemFd, largest: 1, at: unsafe.Pointer(new(byte)), chunk: &chunk{size: 1}}}
	if len(damage) > 0 {
		regions := make([]region, len(damage))
		for n, r := range damage {
			regions[n] = region{int32(r.Min.X), int32(r.Min.Y), uint32(r.Dx()), uint32(r.Dy())}
		}
		p.metas, p.meta = 1, &meta{kind: metaDamage, size: uint32(len(regions)) * regionBytes, at: unsafe.Pointer(&regions[0])}
	}
	return &buffer{p}
}

// TestKeep: the damage of what nobody has taken is added up, until somebody does not say what has changed, or it is too much.
func TestKeep(t *testing.T) {
	s := &Stream{format: format{size: image.Pt(320, 200)}, newest: newest{known: true}}
	here, there := image.Rect(5, 5, 6, 6), image.Rect(7, 7, 8, 9)
	first, second := sent(here), sent(there)
	if old := s.keep(first); old != nil {
		t.Error("something is given back before there was anything")
	}
	if old := s.keep(second); old != first || s.newest.buffer != second {
		t.Error("the one before is not given back")
	}
	if !s.newest.known || !slices.Equal(s.newest.damage, []image.Rectangle{here, there}) {
		t.Errorf("damage %v (%v)", s.newest.damage, s.newest.known)
	}
	if s.keep(sent()); s.newest.known || s.newest.damage != nil {
		t.Errorf("damage %v (%v) after a picture that does not tell", s.newest.damage, s.newest.known)
	}
	if s.keep(sent(here)); s.newest.known {
		t.Error("it is known again, although nobody has taken what was not")
	}
	s.newest = newest{known: true}
	for n := range maxDamage {
		if s.keep(sent(here)); !s.newest.known || len(s.newest.damage) != n+1 {
			t.Fatalf("%d of %d (%v)", len(s.newest.damage), n+1, s.newest.known)
		}
	}
	if s.keep(sent(here)); s.newest.known || s.newest.damage != nil {
		t.Errorf("%d rectangles of damage", len(s.newest.damage))
	}
	empty := sent(here)
	empty.parts.data.chunk.size = 0
	if s.keep(empty) != empty {
		t.Error("what shows nothing is kept")
	}
}
