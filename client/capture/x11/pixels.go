//go:build linux

package x11

import (
	"errors"
	"fmt"
	"image"
	"io"
	"unsafe"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
	"golang.org/x/sys/unix"

	"github.com/coopnet/coopnet/client/xserver"
)

const (
	allPlanes = 0xffffffff
	// largest is more than any desktop has; what says more is not believed.
	largest = 1 << 29
)

// rows is a part of a picture, from one row to before another, over the whole width.
type rows struct{ from, to int }

// pixels is memory for a picture, into which rows of a drawable are read.
type pixels interface {
	// read copies the rows of the view's area.
	read(v view, parts []rows) error
	bytes() []byte
	close()
}

// newPixels makes memory for a picture: shared with the server, or, with a server that cannot reach it (another machine's, another
// container's), our own.
func newPixels(conn *xgb.Conn, size image.Point) (pixels, error) {
	length := 4 * size.X * size.Y
	if size.X <= 0 || size.Y <= 0 || length > largest {
		return nil, fmt.Errorf("a picture of %v", size)
	}
	if xserver.Has(conn, xserver.SHM) {
		if s, err := newSegment(conn, length); err == nil {
			return s, nil
		}
	}
	return &sent{conn: conn, pix: make([]byte, length)}, nil
}

// segment is memory shared with the server (MIT-SHM).
type segment struct {
	conn *xgb.Conn
	seg  shm.Seg
	pix  []byte
}

func newSegment(conn *xgb.Conn, length int) (*segment, error) {
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, length, unix.IPC_CREAT|0o600)
	if err != nil {
		return nil, fmt.Errorf("get shared memory: %w", err)
	}
	// It lives as long as somebody is attached, and so not longer than the two of us, however we end.
	defer unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	pix, err := unix.SysvShmAttach(id, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("attach shared memory: %w", err)
	}
	s := &segment{conn: conn, pix: pix[:length]}
	s.seg, err = shm.NewSegId(conn)
	if err == nil {
		err = shm.AttachChecked(conn, s.seg, uint32(id), false).Check()
	}
	if err != nil {
		_ = unix.SysvShmDetach(pix)
		return nil, fmt.Errorf("share memory with the X server: %w", err)
	}
	return s, nil
}

func (s *segment) bytes() []byte { return s.pix }

func (s *segment) read(v view, parts []rows) error {
	width := v.area.Dx()
	cookies := make([]shm.GetImageCookie, len(parts))
	for i, p := range parts {
		cookies[i] = shm.GetImage(s.conn, v.drawable, int16(v.area.Min.X), int16(v.area.Min.Y+p.from), uint16(width), uint16(p.to-p.from),
			allPlanes, xproto.ImageFormatZPixmap, s.seg, uint32(4*width*p.from))
	}
	var failure error
	for _, c := range cookies {
		if _, err := c.Reply(); err != nil && failure == nil {
			failure = err
		}
	}
	return failure
}

// close gives the memory back. Whoever still reads the last frame, against the rules, sees black instead of ending the process:
// empty pages take the place of the segment.
func (s *segment) close() {
	shm.Detach(s.conn, s.seg)
	_, _ = unix.MmapPtr(-1, 0, unsafe.Pointer(unsafe.SliceData(s.pix)), uintptr(len(s.pix)), unix.PROT_READ,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED|unix.MAP_NORESERVE)
}

// sent is memory of our own; the server sends pictures over the connection.
type sent struct {
	conn *xgb.Conn
	pix  []byte
}

func (s *sent) bytes() []byte { return s.pix }

func (s *sent) read(v view, parts []rows) error {
	width := v.area.Dx()
	for _, p := range parts {
		reply, err := xproto.GetImage(s.conn, xproto.ImageFormatZPixmap, v.drawable, int16(v.area.Min.X), int16(v.area.Min.Y+p.from),
			uint16(width), uint16(p.to-p.from), allPlanes).Reply()
		if err != nil {
			return err
		}
		if want := 4 * width * (p.to - p.from); len(reply.Data) < want {
			return fmt.Errorf("%d bytes of a picture of %d", len(reply.Data), want)
		}
		copy(s.pix[4*width*p.from:4*width*p.to], reply.Data)
	}
	return nil
}

func (s *sent) close() {}

func isClosed(err error) bool { return errors.Is(err, io.EOF) }
