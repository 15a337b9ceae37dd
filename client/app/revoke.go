package app

import (
	"context"

	"github.com/coopnet/coopnet/client/grant"
	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/shared/wire"
)

// stopped has something to receive when the banner's button was pressed.
func (c *controls) stopped() <-chan struct{} {
	if c.warning.banner == nil {
		return nil
	}
	return c.warning.banner.Pressed()
}

// stop ends the control and tells the relay. First of all nothing is injected any more.
func (c *controls) stop(why grant.Reason) {
	c.withdraw("")
	d := c.at()
	if d == nil {
		return
	}
	if g, was := d.End(); was {
		c.app.Logger.Info("control ended", "reason", why)
		c.revoke(g.ID)
	}
}

// due ends what has had its time.
func (c *controls) due() {
	d := c.at()
	if d == nil {
		return
	}
	if g, why := d.Due(); why != "" {
		c.app.Logger.Info("control ended", "reason", why)
		c.revoke(g.ID)
	}
}

func (c *controls) revoke(id string) {
	if err := c.send(wire.ControlRevoke{Type: wire.TypeControlRevoke, Grant: id}); err != nil {
		c.app.Logger.Info("the relay does not hear of an end", "error", err) // it ends with the channel
	}
}

func (c *controls) deny(request string, why grant.Reason) {
	if err := c.send(wire.ControlDeny{Type: wire.TypeControlDeny, Request: request, Reason: string(why)}); err != nil {
		c.app.Logger.Info("the relay does not hear of a refusal", "error", err)
	}
}

func (c *controls) send(m any) error {
	ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
	defer cancel()
	return c.session.Send(ctx, m)
}

// around is how many others are in the conference, and who watches a share.
func (c *controls) around(share string) (present int, watching window.Audience) {
	r := c.session.Room()
	told := r.Audience(share)
	watching = window.Audience{Known: told.Known, Count: told.Count}
	copy(watching.Names[:], told.Names)
	return len(r.Others()), watching
}

func (c *controls) controller() string {
	if d := c.at(); d != nil {
		if g, controls := d.Controller(); controls {
			return g.Name
		}
	}
	return ""
}
