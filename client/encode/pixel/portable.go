package pixel

import "image"

// portable converts an even rectangle, two rows and two columns at a time. It is the definition that the vector code is
// tested against.
func portable(to Picture, from BGRX, r image.Rectangle, tiles Tiles) {
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		below := min(y+1, from.Size.Y-1) // an odd picture ends with a row that stands for two
		upper, lower := from.Pix[y*from.Stride:], from.Pix[below*from.Stride:]
		y0, y1 := to.Y[y*to.YStride:], to.Y[below*to.YStride:]
		u, v := to.U[y/2*to.CStride:], to.V[y/2*to.CStride:]
		changed := tiles.Changed[y/TileSize*tiles.Columns:]
		for x := r.Min.X; x < r.Max.X; x += 2 {
			right := min(x+1, from.Size.X-1)
			a, b := upper[4*x:4*x+4], upper[4*right:4*right+4]
			c, d := lower[4*x:4*x+4], lower[4*right:4*right+4]
			blue := int32(a[0]) + int32(b[0]) + int32(c[0]) + int32(d[0])
			green := int32(a[1]) + int32(b[1]) + int32(c[1]) + int32(d[1])
			red := int32(a[2]) + int32(b[2]) + int32(c[2]) + int32(d[2])
			cu := byte((112*blue-74*green-38*red+512)>>10 + 128)
			cv := byte((112*red-94*green-18*blue+512)>>10 + 128)
			ya, yb, yc, yd := luma(a), luma(b), luma(c), luma(d)
			if (y0[x]^ya)|(y0[right]^yb)|(y1[x]^yc)|(y1[right]^yd)|(u[x/2]^cu)|(v[x/2]^cv) == 0 {
				continue
			}
			y0[x], y0[right], y1[x], y1[right], u[x/2], v[x/2] = ya, yb, yc, yd, cu, cv
			changed[x/TileSize] = 1
		}
	}
}

func luma(p []byte) byte {
	return byte((66*int32(p[2])+129*int32(p[1])+25*int32(p[0])+128)>>8 + 16)
}
