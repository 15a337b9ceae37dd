package control

import (
	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

func (c *channel) obeyDrawing(name wire.Type, data []byte) (p *problem.Error, mine bool) {
	switch name {
	case wire.TypeBoardDraw:
		p = c.boardDraw(data)
	case wire.TypeBoardErase:
		p = c.boardErase(data)
	case wire.TypeBoardClear:
		p = c.boardClear(data)
	case wire.TypePointerMove:
		p = c.pointerMove(data)
	case wire.TypePointerHide:
		p = c.pointerHide(data)
	default:
		return nil, false
	}
	return p, true
}

// annotating refuses who may neither draw nor point.
func (c *channel) annotating() *problem.Error {
	if !c.claims.Allows(jointoken.Annotate) {
		return problem.New(problem.Forbidden, "You may not draw or point in this conference.")
	}
	return nil
}

func surface(name string) (board.Surface, *problem.Error) {
	on, ok := board.ParseSurface(name)
	if !ok {
		return on, problem.New(problem.Invalid, "The surface is board, share/ID or page/ID/NUMBER.")
	}
	return on, nil
}

func (c *channel) boardDraw(data []byte) *problem.Error {
	var m wire.BoardDraw
	if p := first(decode(data, &m), c.annotating); p != nil {
		return p
	}
	on, p := surface(m.Surface)
	if p != nil {
		return p
	}
	if on.Kind != board.Whiteboard && c.claims.Role == jointoken.RoleGuest {
		return problem.New(problem.Forbidden, "Guests draw on the whiteboard only.")
	}
	return refusal(c.presence.Draw(on, board.Drawing(m.Shape)))
}

func (c *channel) boardErase(data []byte) *problem.Error {
	var m wire.BoardErase
	p := decode(data, &m)
	if p == nil && !c.presents() {
		p = c.annotating()
	}
	if p != nil {
		return p
	}
	on, p := surface(m.Surface)
	if p != nil {
		return p
	}
	return refusal(c.presence.Erase(on, m.Shapes, c.presents()))
}

func (c *channel) boardClear(data []byte) *problem.Error {
	var m wire.BoardClear
	if p := first(decode(data, &m), c.presenting); p != nil {
		return p
	}
	on, p := surface(m.Surface)
	if p != nil {
		return p
	}
	return refusal(c.presence.Clear(on))
}

func (c *channel) pointerMove(data []byte) *problem.Error {
	var m wire.PointerMove
	if p := first(decode(data, &m), c.annotating); p != nil {
		return p
	}
	on, p := surface(m.Surface)
	if p != nil {
		return p
	}
	return refusal(c.presence.Point(on, m.X, m.Y))
}

func (c *channel) pointerHide(data []byte) *problem.Error {
	var m wire.PointerHide
	if p := first(decode(data, &m), c.annotating); p != nil {
		return p
	}
	return refusal(c.presence.HidePointer())
}
