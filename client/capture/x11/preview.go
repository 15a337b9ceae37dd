//go:build linux

package x11

import (
	"context"
	"image"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture"
)

// Preview takes a picture of a source and makes it smaller.
func (s *System) Preview(ctx context.Context, id string, within image.Point) (*image.RGBA, error) {
	conn, screen, err := s.dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	found, err := targetOf(conn, screen.Root, id)
	if err != nil {
		return nil, err
	}
	v, err := settle(ctx, conn, found)
	if err != nil {
		return nil, err
	}
	memory, err := newPixels(conn, v.area.Size())
	if err != nil {
		return nil, err
	}
	defer memory.close()
	if err := memory.read(v, []rows{{0, v.area.Dy()}}); err != nil {
		if stale(err) {
			return nil, capture.ErrHidden // it has just gone, or changed: the next preview tells
		}
		return nil, fatal("read the picture", err)
	}
	return capture.Scale(memory.bytes(), 4*v.area.Dx(), v.area.Size(), within), nil
}

// settle finds the target, once a window has had time to draw what others covered.
func settle(ctx context.Context, conn *xgb.Conn, t target) (view, error) {
	if w, ok := t.(*window); ok {
		if _, err := w.begin(); err != nil {
			return view{}, err
		}
		if !composited(conn) {
			wait := time.NewTimer(repaint)
			defer wait.Stop()
			select {
			case <-ctx.Done():
				return view{}, ctx.Err()
			case <-wait.C:
			}
		}
	}
	v, err := t.locate()
	if stale(err) {
		return view{}, capture.ErrHidden
	}
	return v, err
}

// composited reports whether every window has a picture of its own anyhow.
func composited(conn *xgb.Conn) bool {
	const name = "_NET_WM_CM_S0"
	atom, err := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return false
	}
	owner, err := xproto.GetSelectionOwner(conn, atom.Atom).Reply()
	return err == nil && owner.Owner != 0
}
