package windows

import (
	"errors"
	"fmt"
	"image"
	"unsafe"
)

// largest is more than any desktop has; what says more is not believed.
const largest = 1 << 29

// surface is a bitmap whose pixels are ours to read, and that the system draws into.
type surface struct {
	api     *api
	dc      uintptr
	bitmap  uintptr
	before  uintptr // what the context had selected
	size    image.Point
	pix     []byte
	pointer pointer
}

// newSurface makes one, on the thread that uses it.
func newSurface(a *api, size image.Point) (*surface, error) {
	if size.X <= 0 || size.Y <= 0 || 4*size.X*size.Y > largest {
		return nil, fmt.Errorf("a picture of %v", size)
	}
	// Rows from top to bottom are asked for by a negative height.
	info := bitmapInfo{Size: 40, Width: int32(size.X), Height: -int32(size.Y), Planes: 1, BitCount: 32}
	s := &surface{api: a, size: size}
	if s.dc = a.gdi("CreateCompatibleDC", 0); s.dc == 0 {
		return nil, errors.New("no device context")
	}
	var bits unsafe.Pointer
	s.bitmap = a.gdi("CreateDIBSection", s.dc, uintptr(unsafe.Pointer(&info)), 0, uintptr(unsafe.Pointer(&bits)), 0, 0)
	if s.bitmap == 0 || bits == nil {
		a.gdi("DeleteDC", s.dc)
		return nil, errors.New("no bitmap")
	}
	s.before = a.gdi("SelectObject", s.dc, s.bitmap)
	s.pix = unsafe.Slice((*byte)(bits), 4*size.X*size.Y)
	return s, nil
}

func (s *surface) close() {
	s.api.gdi("SelectObject", s.dc, s.before)
	s.api.gdi("DeleteObject", s.bitmap)
	s.api.gdi("DeleteDC", s.dc)
	s.pix = nil
}

// desktop copies a part of the desktop. What the system does not give (a locked session, a question for an administrator's
// password) is black.
func (s *surface) desktop(at image.Point) {
	screen := s.api.user("GetDC", 0)
	done := s.api.gdi("BitBlt", s.dc, 0, 0, uintptr(s.size.X), uintptr(s.size.Y), screen, uintptr(at.X), uintptr(at.Y), rasterCopy)
	s.api.user("ReleaseDC", 0, screen)
	s.drawn(done != 0)
}

// window has a window draw itself, so that it is complete where others cover it. Nobody waits for one that does not answer.
func (s *surface) window(w hwnd) (drawn bool) {
	if !s.api.answers(w) {
		return false
	}
	s.drawn(s.api.user("PrintWindow", uintptr(w), s.dc, renderFullContent) != 0)
	return true
}

func (s *surface) drawn(whole bool) {
	s.api.gdi("GdiFlush")
	if !whole {
		clear(s.pix)
	}
}

// pointer is what is known of the pointer's image.
type pointer struct {
	image uintptr
	hot   image.Point
}

// point draws the pointer, where it is over w or w is 0. origin is where on the desktop the surface begins.
func (s *surface) point(origin image.Point, w hwnd) {
	info := cursorInfo{}
	info.Size = uint32(unsafe.Sizeof(info))
	if s.api.user("GetCursorInfo", uintptr(unsafe.Pointer(&info))) == 0 || info.Flags&cursorShowing == 0 || info.Cursor == 0 {
		return
	}
	if w != 0 {
		over := s.api.user("WindowFromPoint", uintptr(uint32(info.X))|uintptr(uint32(info.Y))<<32) // a POINT by value
		if hwnd(s.api.user("GetAncestor", over, ancestorRoot)) != w {
			return
		}
	}
	if s.pointer.image != info.Cursor {
		s.pointer = pointer{image: info.Cursor, hot: s.hot(info.Cursor)}
	}
	at := image.Pt(int(info.X), int(info.Y)).Sub(origin).Sub(s.pointer.hot)
	s.api.user("DrawIconEx", s.dc, uintptr(at.X), uintptr(at.Y), info.Cursor, 0, 0, 0, 0, drawNormal)
	s.api.gdi("GdiFlush")
}

// hot is the point of a pointer's image that points.
func (s *surface) hot(cursor uintptr) image.Point {
	var info iconInfo
	if s.api.user("GetIconInfo", cursor, uintptr(unsafe.Pointer(&info))) == 0 {
		return image.Point{}
	}
	for _, bitmap := range []uintptr{info.Mask, info.Color} { // copies, which are ours to delete
		if bitmap != 0 {
			s.api.gdi("DeleteObject", bitmap)
		}
	}
	return image.Pt(int(info.HotX), int(info.HotY))
}
