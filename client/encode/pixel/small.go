package pixel

import "image"

// looked is how many pixels in a row, and rows of them, are looked at for one of a small picture: enough to tell pictures
// apart, and little beside what converting the whole costs.
const looked = 3

// Small is the picture made smaller to size, as people see it: nothing of either is empty.
func Small(p Picture, size image.Point) *image.RGBA {
	small := image.NewRGBA(image.Rectangle{Max: size})
	columns := make([][looked]int, size.X)
	for x := range columns {
		columns[x] = samples(x, size.X, p.Size.X)
	}
	for y := range size.Y {
		row := small.Pix[y*small.Stride:]
		rows := samples(y, size.Y, p.Size.Y)
		for x := range size.X {
			bright := 0
			for _, v := range rows {
				for _, u := range columns[x] {
					bright += int(p.Y[v*p.YStride+u])
				}
			}
			at := rows[looked/2]/2*p.CStride + columns[x][looked/2]/2
			row[4*x], row[4*x+1], row[4*x+2] = rgb(bright/(looked*looked), int(p.U[at]), int(p.V[at]))
			row[4*x+3] = 255
		}
	}
	return small
}

// samples are places among all that the i-th of n stands for.
func samples(i, n, all int) (at [looked]int) {
	for k := range at {
		at[k] = min((2*looked*i+2*k+1)*all/(2*looked*n), all-1)
	}
	return at
}

// rgb is ITU-R BT.601 in the limited range.
func rgb(y, u, v int) (r, g, b byte) {
	y, u, v = 298*(y-16)+128, u-128, v-128
	return clip(y + 409*v), clip(y - 100*u - 208*v), clip(y + 516*u)
}

func clip(v int) byte { return byte(min(max(v>>8, 0), 255)) }
