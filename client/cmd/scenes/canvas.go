//go:build linux

package main

import (
	"errors"
	"fmt"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
	"golang.org/x/sys/unix"

	"github.com/coopnet/coopnet/client/xserver"
)

// canvas is a window over a whole display, in front of all others, whose pixels are shared with the server.
type canvas struct {
	conn   *xgb.Conn
	screen *xproto.ScreenInfo
	window xproto.Window
	gc     xproto.Gcontext
	seg    shm.Seg
	pix    []byte
	size   image.Point
}

func newCanvas(display string) (*canvas, error) {
	conn, err := xserver.Dial(display)
	if err != nil {
		return nil, err
	}
	screen := xproto.Setup(conn).DefaultScreen(conn)
	c := &canvas{conn: conn, screen: screen, size: image.Pt(int(screen.WidthInPixels), int(screen.HeightInPixels))}
	err = c.begin()
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *canvas) begin() error {
	if err := c.share(); err != nil {
		return err
	}
	cursor, err := c.noPointer()
	if err != nil {
		return err
	}
	if c.window, err = xproto.NewWindowId(c.conn); err != nil {
		return err
	}
	const unmanaged = 1
	if err := xproto.CreateWindowChecked(c.conn, 0, c.window, c.screen.Root, 0, 0, c.screen.WidthInPixels, c.screen.HeightInPixels, 0,
		xproto.WindowClassInputOutput, 0, xproto.CwOverrideRedirect|xproto.CwCursor, []uint32{unmanaged, uint32(cursor)}).Check(); err != nil {
		return fmt.Errorf("make a window: %w", err)
	}
	if c.gc, err = xproto.NewGcontextId(c.conn); err != nil {
		return err
	}
	return errors.Join(xproto.CreateGCChecked(c.conn, c.gc, xproto.Drawable(c.window), 0, nil).Check(),
		xproto.MapWindowChecked(c.conn, c.window).Check())
}

// share makes the memory of the pixels.
func (c *canvas) share() error {
	length := 4 * c.size.X * c.size.Y
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, length, unix.IPC_CREAT|0o600)
	if err != nil {
		return fmt.Errorf("get shared memory: %w", err)
	}
	defer unix.SysvShmCtl(id, unix.IPC_RMID, nil) // it lives as long as somebody is attached
	pix, err := unix.SysvShmAttach(id, 0, 0)
	if err != nil {
		return fmt.Errorf("attach shared memory: %w", err)
	}
	c.pix = pix[:length]
	if c.seg, err = shm.NewSegId(c.conn); err != nil {
		return err
	}
	return shm.AttachChecked(c.conn, c.seg, uint32(id), false).Check()
}

// noPointer is the image of a pointer that nobody sees: what a browser draws of it, and where, is not what is measured.
func (c *canvas) noPointer() (xproto.Cursor, error) {
	bitmap, err := xproto.NewPixmapId(c.conn)
	if err != nil {
		return 0, err
	}
	xproto.CreatePixmap(c.conn, 1, bitmap, xproto.Drawable(c.screen.Root), 1, 1)
	gc, err := xproto.NewGcontextId(c.conn)
	if err != nil {
		return 0, err
	}
	xproto.CreateGC(c.conn, gc, xproto.Drawable(bitmap), xproto.GcForeground, []uint32{0})
	xproto.PolyFillRectangle(c.conn, xproto.Drawable(bitmap), gc, []xproto.Rectangle{{Width: 1, Height: 1}})
	cursor, err := xproto.NewCursorId(c.conn)
	if err != nil {
		return 0, err
	}
	return cursor, xproto.CreateCursorChecked(c.conn, cursor, bitmap, bitmap, 0, 0, 0, 0, 0, 0, 0, 0).Check()
}

// front brings the canvas before all windows, and the pointer into its corner.
func (c *canvas) front() error {
	xproto.ConfigureWindow(c.conn, c.window, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
	return xproto.WarpPointerChecked(c.conn, 0, c.screen.Root, 0, 0, 0, 0, int16(c.size.X-1), int16(c.size.Y-1)).Check()
}

// put shows parts of the pixels. When it returns they are on the display, and the pixels may change again.
func (c *canvas) put(parts []image.Rectangle) error {
	var last shm.PutImageCookie
	for _, r := range parts {
		r = r.Intersect(image.Rectangle{Max: c.size})
		last = shm.PutImageChecked(c.conn, xproto.Drawable(c.window), c.gc, uint16(c.size.X), uint16(c.size.Y),
			uint16(r.Min.X), uint16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), int16(r.Min.X), int16(r.Min.Y),
			c.screen.RootDepth, xproto.ImageFormatZPixmap, 0, c.seg, 0)
	}
	return last.Check()
}

// display is what is to be seen on the display, four bytes a pixel, blue first.
func (c *canvas) display() ([]byte, error) {
	const allPlanes = 0xffffffff
	reply, err := xproto.GetImage(c.conn, xproto.ImageFormatZPixmap, xproto.Drawable(c.screen.Root), 0, 0,
		c.screen.WidthInPixels, c.screen.HeightInPixels, allPlanes).Reply()
	if err != nil {
		return nil, fmt.Errorf("read the display: %w", err)
	}
	if len(reply.Data) < len(c.pix) {
		return nil, fmt.Errorf("%d bytes of a display of %v", len(reply.Data), c.size)
	}
	return reply.Data, nil
}

func (c *canvas) close() error {
	c.conn.Close()
	return unix.SysvShmDetach(c.pix)
}
