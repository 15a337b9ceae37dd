package control

import (
	"github.com/coopnet/coopnet/relay/internal/stage"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

func (c *channel) obeyStage(name wire.Type, data []byte) (p *problem.Error, mine bool) {
	switch name {
	case wire.TypeStageShow:
		p = c.stageShow(data)
	case wire.TypeStageOffer:
		p = c.stageOffer(data)
	case wire.TypeStageDecline:
		p = c.stageDecline(data)
	case wire.TypeDocumentChanged:
		p = c.documentChanged(data)
	default:
		return nil, false
	}
	return p, true
}

func (c *channel) stageShow(data []byte) *problem.Error {
	var m wire.StageShow
	if p := first(decode(data, &m), c.presenting); p != nil {
		return p
	}
	v, ok := stage.View{Kind: stage.Kind(m.Kind), ID: m.ID, Name: m.Name, Page: m.Page, Pages: m.Pages}.Clean()
	if !ok {
		return problem.New(problem.Invalid, "Show a live share, the board, or a page of a document of at most 2,000.")
	}
	return refusal(c.presence.Show(v))
}

func (c *channel) stageOffer(data []byte) *problem.Error {
	var m wire.StageOffer
	if p := first(decode(data, &m), c.presenting); p != nil {
		return p
	}
	return refusal(c.presence.Offer(m.Participant))
}

func (c *channel) stageDecline(data []byte) *problem.Error {
	var m wire.StageDecline
	if p := decode(data, &m); p != nil {
		return p
	}
	return refusal(c.presence.Decline(m.Participant))
}

func (c *channel) documentChanged(data []byte) *problem.Error {
	var m wire.DocumentChanged
	if p := first(decode(data, &m), c.presenting); p != nil {
		return p
	}
	return refusal(c.presence.DocumentsChanged())
}
