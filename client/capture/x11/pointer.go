//go:build linux

package x11

import (
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// largestPointer is larger than any pointer's image that people choose.
const largestPointer = 512

// pointer draws the display's pointer into pictures, and takes it out again.
type pointer struct {
	image []uint32 // alpha, red, green and blue, the colours multiplied by alpha
	size  image.Point
	hot   image.Point

	drawn image.Rectangle // where in the picture it is; empty when it is not
	under []byte          // what was there
}

// look fetches the pointer's image.
func (p *pointer) look(conn *xgb.Conn) error {
	reply, err := xfixes.GetCursorImage(conn).Reply()
	if err != nil {
		return err
	}
	size := image.Pt(int(reply.Width), int(reply.Height))
	if size.X > largestPointer || size.Y > largestPointer || len(reply.CursorImage) < size.X*size.Y {
		size = image.Point{}
	}
	p.image, p.size, p.hot = reply.CursorImage, size, image.Pt(int(reply.Xhot), int(reply.Yhot))
	return nil
}

// shape is where the image lies when the pointer is at a point.
func (p *pointer) shape(at image.Point) image.Rectangle {
	min := at.Sub(p.hot)
	return image.Rectangle{min, min.Add(p.size)}
}

// draw puts the pointer at a point of the picture. It must not be drawn already.
func (p *pointer) draw(pix []byte, stride int, size, at image.Point) {
	shape := p.shape(at)
	p.drawn = shape.Intersect(image.Rectangle{Max: size})
	p.under = p.under[:0]
	for y := p.drawn.Min.Y; y < p.drawn.Max.Y; y++ {
		row := pix[y*stride+4*p.drawn.Min.X : y*stride+4*p.drawn.Max.X]
		p.under = append(p.under, row...)
		line := p.image[(y-shape.Min.Y)*p.size.X+p.drawn.Min.X-shape.Min.X:]
		for x := range p.drawn.Dx() {
			blend(row[4*x:4*x+4], line[x])
		}
	}
}

// blend puts a colour that is multiplied by its alpha over a pixel.
func blend(pixel []byte, over uint32) {
	rest := 255 - over>>24
	for c := range 3 {
		pixel[c] = byte(min(255, over>>(8*c)&255+(uint32(pixel[c])*rest+127)/255))
	}
}

// erase gives the picture back what was under the pointer.
func (p *pointer) erase(pix []byte, stride int) {
	under := p.under
	for y := p.drawn.Min.Y; y < p.drawn.Max.Y; y++ {
		under = under[copy(pix[y*stride+4*p.drawn.Min.X:], under[:4*p.drawn.Dx()]):]
	}
	p.drawn, p.under = image.Rectangle{}, p.under[:0]
}

// where asks for the pointer's place on the desktop, and for the child of the root that is there.
func where(cookie xproto.QueryPointerCookie) (at image.Point, child xproto.Window, err error) {
	reply, err := cookie.Reply()
	if err != nil {
		return image.Point{}, 0, err
	}
	if !reply.SameScreen {
		return image.Pt(-largestPointer, -largestPointer), 0, nil
	}
	return image.Pt(int(reply.RootX), int(reply.RootY)), reply.Child, nil
}
