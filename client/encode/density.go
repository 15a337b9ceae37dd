package encode

import "math"

// density foretells how large a frame becomes, from those before: so many bits for each changed tile at quantizer 20, and
// half of that for each 25 steps that the quantizer is coarser (measured with pages of text).
type density struct{ perTile float64 }

const (
	reference = 20
	halving   = 25
)

func scale(quantizer int) float64 { return math.Exp2(-float64(quantizer-reference) / halving) }

// quantizer is the finest of a range with which so many tiles fit into the bits, or its coarsest.
func (d *density) quantizer(tiles int, bits float64, finest, coarsest int) int {
	if tiles == 0 || bits <= 0 {
		return coarsest
	}
	q := reference + halving*math.Log2(float64(tiles)*d.perTile/bits)
	return int(min(max(math.Ceil(q), float64(finest)), float64(coarsest)))
}

// fit is how many tiles at most fit into the bits, one at least.
func (d *density) fit(bits float64, quantizer int) int {
	return max(1, int(min(bits/(d.perTile*scale(quantizer)), 1<<20)))
}

// learn takes what a frame became. One that is dearer than expected counts at once, one that is cheaper only by and by.
func (d *density) learn(tiles, bytes, quantizer int) {
	if tiles == 0 {
		return
	}
	seen := max(1, 8*float64(bytes)/float64(tiles)/scale(quantizer))
	weight := 0.25
	if seen > d.perTile {
		weight = 0.6
	}
	d.perTile += weight * (seen - d.perTile)
}
