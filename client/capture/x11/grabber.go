//go:build linux

package x11

import (
	"context"
	"errors"
	"image"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/xserver"
)

const (
	// How often the pointer is asked for where the server does not tell that it moves: while it does, and while it rests.
	restless = capture.Interval
	resting  = 200 * time.Millisecond
	// attempts is how often in a row a source may change while it is being looked at.
	attempts = 100
)

// grabber takes the pictures of one target.
type grabber struct {
	conn   *xgb.Conn
	root   xproto.Window
	target target
	news   *news
	events sync.WaitGroup
	motion *xserver.Motion // nil where the server does not tell
	ready  *time.Timer     // fires when the next frame may be taken
	wakes  atomic.Int64    // of Next: tests count them
	// pollAfter is when the pointer is asked for, where it must be.
	pollAfter time.Duration

	damage damage.Damage
	region xfixes.Region
	scene  scene
}

// scene is what the last frame showed.
type scene struct {
	view    view
	pixels  pixels // nil before the first frame, and while the source is hidden
	pointer pointer
	spot    spot
	black   bool
	hidden  bool // it was told so
}

// spot is where the pointer is in the picture, and whether it is over what the picture shows.
type spot struct {
	at   image.Point
	seen bool
}

var _ capture.Grabber = (*grabber)(nil)

func newGrabber(display string, conn *xgb.Conn, root xproto.Window, t target) (*grabber, error) {
	g := &grabber{conn: conn, root: root, target: t, news: newNews(), pollAfter: resting}
	if err := g.begin(); err != nil {
		conn.Close()
		return nil, err
	}
	first, id, margin := time.Duration(0), root, xproto.Atom(xproto.AtomNone)
	if w, ok := t.(*window); ok {
		id, margin = w.id, w.margin
		if !composited(conn) {
			first = repaint
		}
	}
	g.ready = time.NewTimer(first)
	g.news.add(drawn | shaped | located)
	g.events.Go(func() { g.news.listen(conn, id, margin) })
	// Where the server cannot tell, the pointer is asked for.
	g.motion, _ = xserver.WatchPointer(display, capture.Interval, func() { g.news.add(moved) })
	return g, nil
}

// begin has the server report what changes.
func (g *grabber) begin() error {
	drawable, err := g.target.begin()
	if err != nil {
		return err
	}
	if _, err := g.target.locate(); err != nil && !errors.Is(err, capture.ErrHidden) && !stale(err) {
		return err
	}
	if g.damage, err = damage.NewDamageId(g.conn); err != nil {
		return fatal("report damage", err)
	}
	if g.region, err = xfixes.NewRegionId(g.conn); err != nil {
		return fatal("report damage", err)
	}
	// One report, and then silence until the damage is fetched: a busy program costs us nothing between two frames.
	if err := damage.CreateChecked(g.conn, g.damage, drawable, damage.ReportLevelNonEmpty).Check(); err != nil {
		return fatal("report damage", err)
	}
	if err := xfixes.CreateRegionChecked(g.conn, g.region, nil).Check(); err != nil {
		return fatal("report damage", err)
	}
	xfixes.SelectCursorInput(g.conn, g.root, xfixes.CursorNotifyMaskDisplayCursor)
	return nil
}

func (g *grabber) Bounds() image.Rectangle { return g.target.bounds() }

// Close ends the connection, and with it all that the server keeps for us.
func (g *grabber) Close() error {
	var err error
	if g.motion != nil {
		err = g.motion.Close()
	}
	g.release()
	g.ready.Stop()
	g.conn.Close()
	g.events.Wait()
	return err
}

// Next waits for a change, and for the time of the next frame, and looks.
func (g *grabber) Next(ctx context.Context) (capture.Frame, error) {
	for failed := 0; ; {
		since, err := g.wait(ctx)
		if err != nil {
			return capture.Frame{}, err
		}
		frame, changed, err := g.look(since)
		if stale(err) && failed < attempts {
			failed++
			g.news.add(drawn | located)
			continue
		}
		if err != nil || changed {
			return frame, err
		}
	}
}

// wait returns what has changed, once something has and a frame may be taken.
func (g *grabber) wait(ctx context.Context) (change, error) {
	var poll <-chan time.Time
	if g.motion == nil {
		timer := time.NewTimer(g.pollAfter)
		defer timer.Stop()
		poll = timer.C
	}
	var polled change
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-g.news.signal:
	case <-poll:
		polled = moved
	}
	g.wakes.Add(1)
	select {
	case <-ctx.Done():
		g.news.add(polled) // what was waiting still is
		return 0, ctx.Err()
	case <-g.ready.C:
	}
	g.ready.Reset(capture.Interval)
	return g.news.take() | polled, nil
}

// look takes a picture if it differs from the one before.
func (g *grabber) look(since change) (frame capture.Frame, changed bool, err error) {
	if since&ended != 0 {
		g.news.add(ended) // whoever asks again is told again
		return frame, false, capture.ErrGone
	}
	whole := false
	if since&located != 0 {
		if whole, err = g.locate(); err != nil {
			return frame, false, err
		}
	}
	if g.scene.pixels == nil {
		return frame, false, nil // still hidden
	}
	pointer := xproto.QueryPointer(g.conn, g.root)
	var dirty []image.Rectangle
	if since&drawn != 0 || whole {
		if dirty, err = g.fetch(); err != nil {
			return frame, false, err
		}
	}
	at, child, err := where(pointer)
	if err != nil {
		return frame, false, fatal("ask for the pointer", err)
	}
	if since&shaped != 0 {
		if err := g.scene.pointer.look(g.conn); err != nil {
			return frame, false, fatal("ask for the pointer's image", err)
		}
	}
	if size := g.scene.view.area.Size(); whole {
		dirty = []image.Rectangle{{Max: size}}
	}
	spot := spot{at: at.Sub(g.scene.view.desktop), seen: g.target.under(child)}
	return g.picture(dirty, spot, since&shaped != 0)
}

// locate finds the target, and makes memory for a picture of its size. whole: nothing of the picture before is of use.
func (g *grabber) locate() (whole bool, err error) {
	s := &g.scene
	v, err := g.target.locate()
	if errors.Is(err, capture.ErrHidden) {
		g.release()
		if s.hidden {
			return false, nil
		}
		s.hidden = true
		return false, err
	}
	if err != nil {
		return false, err
	}
	s.hidden = false
	before := s.view
	s.view = v
	if s.pixels != nil && before.area == v.area {
		return false, nil
	}
	g.release()
	s.pixels, err = newPixels(g.conn, v.area.Size())
	return true, err
}

func (g *grabber) release() {
	if s := &g.scene; s.pixels != nil {
		s.pixels.close()
		s.pixels, s.pointer.drawn = nil, image.Rectangle{}
	}
}

// fetch returns the damage within the picture, which the server then forgets.
func (g *grabber) fetch() ([]image.Rectangle, error) {
	damage.Subtract(g.conn, g.damage, 0, g.region)
	reply, err := xfixes.FetchRegion(g.conn, g.region).Reply()
	if err != nil {
		return nil, fatal("fetch the damage", err)
	}
	v := &g.scene.view
	dirty := make([]image.Rectangle, len(reply.Rectangles))
	for i, r := range reply.Rectangles {
		min := image.Pt(int(r.X), int(r.Y)).Add(v.report).Sub(v.area.Min)
		dirty[i] = image.Rectangle{min, min.Add(image.Pt(int(r.Width), int(r.Height)))}
	}
	return capture.Coalesce(dirty, image.Rectangle{Max: v.area.Size()}), nil
}

// picture brings the picture up to date, with the pointer at its spot.
func (g *grabber) picture(dirty []image.Rectangle, now spot, shaped bool) (capture.Frame, bool, error) {
	s := &g.scene
	size := s.view.area.Size()
	stride, pix := 4*size.X, s.pixels.bytes()
	before := s.pointer.drawn
	var after image.Rectangle
	if now.seen {
		after = s.pointer.shape(now.at).Intersect(image.Rectangle{Max: size})
	}
	pointed := (now != s.spot || shaped) && !(before.Empty() && after.Empty())
	g.pollAfter = resting
	if now != s.spot {
		g.pollAfter = restless
	}
	s.spot = now
	if len(dirty) == 0 && !pointed {
		return capture.Frame{}, false, nil
	}
	s.pointer.erase(pix, stride)
	if len(dirty) > 0 {
		if err := s.pixels.read(s.view, rowsOf(dirty)); err != nil {
			return capture.Frame{}, false, fatal("read the picture", err)
		}
		s.black = capture.Black(pix, stride, size)
	}
	if now.seen {
		s.pointer.draw(pix, stride, size, now.at)
	}
	if pointed {
		dirty = capture.Coalesce(append(dirty, before, after), image.Rectangle{Max: size})
	}
	return capture.Frame{Pix: pix, Stride: stride, Size: size, Damage: dirty, Black: s.black}, true, nil
}

// rowsOf are the rows of damage, each once. Whole rows come to lie where they belong, without being copied again.
func rowsOf(dirty []image.Rectangle) []rows {
	parts := make([]rows, len(dirty))
	for i, r := range dirty {
		parts[i] = rows{r.Min.Y, r.Max.Y}
	}
	slices.SortFunc(parts, func(a, b rows) int { return a.from - b.from })
	merged := parts[:1]
	for _, p := range parts[1:] {
		if last := &merged[len(merged)-1]; p.from <= last.to {
			last.to = max(last.to, p.to)
		} else {
			merged = append(merged, p)
		}
	}
	return merged
}

// stale reports that the source has changed between two questions about it; the answer to new ones will tell.
func stale(err error) bool { return errors.As(err, new(xproto.MatchError)) }
