package encode

import (
	"time"

	"github.com/coopnet/coopnet/client/encode/pixel"
)

// lacking is how many refinements a tile needs that was encoded with a quantizer.
func lacking(quantizer int) byte {
	n := byte(0)
	for _, finer := range refinements() {
		if finer < quantizer {
			n++
		}
	}
	return n
}

// rests is when a tile may be refined. While much moves, its finest details wait: nobody looks at them, and the tiles that a text
// leaves behind as it scrolls would cost more than the text.
func (t *Text) rests(i int) time.Duration {
	first := int(t.coarse[i]) == len(refinements())
	at := t.moved[i] + between
	if first {
		at = t.moved[i] + settled
	}
	if !t.large {
		return at
	}
	calm := max(at, t.last+stopped)
	if first {
		// All in one frame, each half second: frames of a few tiles cost nearly as much.
		return min(calm, (t.moved[i] + 2*onlooker - 1).Truncate(onlooker))
	}
	return calm
}

// refinesAt is when the first tile may be refined, if one needs it.
func (t *Text) refinesAt() (at time.Duration, any bool) {
	for i, needed := range t.coarse {
		if needed == 0 {
			continue
		}
		if rests := t.rests(i); !any || rests < at {
			at, any = rests, true
		}
	}
	return at, any
}

// resting are tiles that need the same refinement: the one that most is lacking to, from the top, as many as the line
// carries at once.
func (t *Text) resting(now time.Duration) (tiles pixel.Tiles, count, needed int) {
	for i := range t.coarse {
		if t.rests(i) <= now {
			needed = max(needed, int(t.coarse[i]))
		}
	}
	tiles = pixel.Tiles{Changed: make([]byte, len(t.coarse)), Columns: t.changed.Columns, Rows: t.changed.Rows}
	if needed == 0 {
		return tiles, 0, 0
	}
	most := t.still.fit(t.line.within(fineBudget), refinements()[needed-1])
	for i := range t.coarse {
		if int(t.coarse[i]) == needed && t.rests(i) <= now && count < most {
			tiles.Changed[i] = 1
			count++
		}
	}
	return tiles, count, needed
}

// encodeNothing says that nothing has changed.
func (t *Text) encodeNothing(now time.Duration) (Frame, bool, error) {
	if now < t.line.sent+alive {
		return Frame{}, false, nil
	}
	q := refinements()[0]
	frame, err := t.encode(Task{At: now, Finest: q, Coarsest: q, Tiles: t.changed}) // of which there are none
	return frame, err == nil, err
}

// encodeStill makes sharper what rests.
func (t *Text) encodeStill(now time.Duration) (Frame, bool, error) {
	tiles, count, needed := t.resting(now)
	if count == 0 {
		return Frame{}, false, nil
	}
	q := refinements()[needed-1]
	frame, err := t.encode(Task{At: now, Finest: q, Coarsest: q, Tiles: tiles})
	if err != nil {
		return Frame{}, false, err
	}
	t.still.learn(count, len(frame.Bytes), q)
	for i, refined := range tiles.Changed {
		if refined != 0 {
			t.coarse[i]--
			t.moved[i] = now
		}
	}
	return frame, true, nil
}
