package capture

import "image"

// MaxDamage is how many rectangles a frame's damage has at most.
const MaxDamage = 16

// roughly is how many rectangles are compared one with each other. More of them are first taken together as they come: servers
// list them row by row.
const roughly = 64

// Coalesce is damage within bounds as at most MaxDamage rectangles that cover all of it. Few rectangles stay as they are;
// of many, those are merged that cover little more together. The result is in damage's own memory.
func Coalesce(damage []image.Rectangle, bounds image.Rectangle) []image.Rectangle {
	kept := damage[:0]
	for _, r := range damage {
		if r = r.Intersect(bounds); !r.Empty() {
			kept = append(kept, r)
		}
	}
	kept = neighbours(kept)
	kept = withoutCovered(kept)
	for len(kept) > MaxDamage {
		kept = mergeCheapest(kept)
	}
	return kept
}

// neighbours takes those that follow one another together until there are no more than can be compared.
func neighbours(rects []image.Rectangle) []image.Rectangle {
	if len(rects) <= roughly {
		return rects
	}
	for i := range roughly {
		from, to := i*len(rects)/roughly, (i+1)*len(rects)/roughly
		var all image.Rectangle
		for _, r := range rects[from:to] {
			all = all.Union(r)
		}
		rects[i] = all // i <= from: nothing is overwritten that is still to come
	}
	return rects[:roughly]
}

func withoutCovered(rects []image.Rectangle) []image.Rectangle {
	for i := 0; i < len(rects); i++ {
		for j := range rects {
			if i != j && rects[i].In(rects[j]) {
				rects[i] = rects[len(rects)-1]
				rects = rects[:len(rects)-1]
				i--
				break
			}
		}
	}
	return rects
}

func mergeCheapest(rects []image.Rectangle) []image.Rectangle {
	first, second, best := 0, 1, -1
	for i := range rects {
		for j := i + 1; j < len(rects); j++ {
			if more := area(rects[i].Union(rects[j])) - area(rects[i]) - area(rects[j]); best < 0 || more < best {
				first, second, best = i, j, max(more, 0)
			}
		}
	}
	rects[first] = rects[first].Union(rects[second])
	rects[second] = rects[len(rects)-1]
	return rects[:len(rects)-1]
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }
