//go:build linux

package x11

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strconv"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/xserver"
)

const (
	desktopID    = "desktop"
	screenPrefix = "screen:"
	windowPrefix = "window:"

	// repaint is what a program has to draw what others had covered, before its window's first picture is taken. On a composited
	// desktop every window is complete already.
	repaint = 100 * time.Millisecond
)

// System is one display.
type System struct{ display string }

var _ capture.System = (*System)(nil)

// Open reaches a display, such as ":0"; "" is $DISPLAY. *capture.Unsupported says why it cannot be captured. Nothing stays open:
// each call has a connection of its own, and a grabber keeps its own.
func Open(display string) (*System, error) {
	s := &System{display: display}
	conn, _, err := s.dial()
	if err != nil {
		return nil, err
	}
	conn.Close()
	return s, nil
}

func (s *System) dial() (*xgb.Conn, *xproto.ScreenInfo, error) {
	conn, err := xserver.Dial(s.display)
	if err != nil {
		return nil, nil, &capture.Unsupported{Reason: capture.NoDisplay, Err: err}
	}
	for _, e := range []xserver.Extension{xserver.Damage, xserver.Fixes} {
		if !xserver.Has(conn, e) {
			conn.Close()
			return nil, nil, &capture.Unsupported{Reason: capture.Format, Err: fmt.Errorf("the X server has no %s", e)}
		}
	}
	setup := xproto.Setup(conn)
	screen := setup.DefaultScreen(conn)
	if err := checkFormat(setup, screen); err != nil {
		conn.Close()
		return nil, nil, &capture.Unsupported{Reason: capture.Format, Err: err}
	}
	return conn, screen, nil
}

// checkFormat accepts the one layout of pixels that all of today's servers have on today's machines: four bytes, blue first.
func checkFormat(setup *xproto.SetupInfo, screen *xproto.ScreenInfo) error {
	if setup.ImageByteOrder != xproto.ImageOrderLSBFirst {
		return errors.New("the X server's pixels have their most significant byte first")
	}
	for _, f := range setup.PixmapFormats {
		if f.Depth == screen.RootDepth && f.BitsPerPixel != 32 {
			return fmt.Errorf("the X server's pixels have %d bits", f.BitsPerPixel)
		}
	}
	if err := checkDepth(screen.RootDepth); err != nil {
		return err
	}
	for _, d := range screen.AllowedDepths {
		for _, v := range d.Visuals {
			if v.VisualId == screen.RootVisual && (v.RedMask != 0xff0000 || v.GreenMask != 0xff00 || v.BlueMask != 0xff) {
				return fmt.Errorf("the X server's colours are masked by %x, %x, %x", v.RedMask, v.GreenMask, v.BlueMask)
			}
		}
	}
	return nil
}

func checkDepth(depth byte) error {
	if depth != 24 && depth != 32 {
		return fmt.Errorf("%d bits of colour, not 24", depth)
	}
	return nil
}

// Open begins to capture a source.
func (s *System) Open(ctx context.Context, id string) (capture.Grabber, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	conn, screen, err := s.dial()
	if err != nil {
		return nil, err
	}
	found, err := targetOf(conn, screen.Root, id)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return newGrabber(s.display, conn, screen.Root, found)
}

// target is what is captured.
type target interface {
	// begin has the server tell of it, and returns what its damage is reported for.
	begin() (xproto.Drawable, error)
	// locate finds out where its pixels are now: capture.ErrGone, capture.ErrHidden.
	locate() (view, error)
	// bounds is where it is on the desktop; empty when that is not known.
	bounds() image.Rectangle
	// under reports whether the pointer, which is over this child of the root, is over the target and not over what covers it.
	under(child xproto.Window) bool
}

// view is where the pixels of a target are: a part of something that can be read. Damage is reported relative to report.
type view struct {
	drawable xproto.Drawable
	area     image.Rectangle // of the drawable
	report   image.Point     // where on the drawable the origin of damage is
	desktop  image.Point     // where on the desktop the area begins
}

func targetOf(conn *xgb.Conn, root xproto.Window, id string) (target, error) {
	if id == desktopID {
		return &desktop{conn: conn, root: root}, nil
	}
	if name, ok := strings.CutPrefix(id, screenPrefix); ok {
		return &desktop{conn: conn, root: root, screen: name, one: true}, nil
	}
	if n := Window(id); n != 0 && xserver.Has(conn, xserver.Composite) {
		return &window{conn: conn, root: root, id: xproto.Window(n)}, nil
	}
	return nil, fmt.Errorf("%w: %q", capture.ErrGone, id)
}

// Window is the number that a source has on the X server if it is a window, and 0 if it is none.
func Window(id string) uint32 {
	number, ok := strings.CutPrefix(id, windowPrefix)
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(number, 16, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func windowID(w xproto.Window) string { return windowPrefix + strconv.FormatUint(uint64(w), 16) }

// fatal turns what a request met into what it means for a target: whoever asks about what does not exist any more, or a server that
// has ended, has lost it.
func fatal(doing string, err error) error {
	switch err.(type) {
	case xproto.WindowError, xproto.DrawableError:
		return capture.ErrGone
	}
	if isClosed(err) {
		return fmt.Errorf("%w: the X server has ended", capture.ErrGone)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
