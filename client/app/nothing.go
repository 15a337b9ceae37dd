package app

import (
	"context"
	"image"

	"github.com/coopnet/coopnet/client/capture"
)

// nothing is a desktop that cannot be captured.
type nothing struct{ why error }

// Sources says why.
func (n nothing) Sources(context.Context) ([]capture.Source, error) { return nil, n.why }

// Preview says why.
func (n nothing) Preview(context.Context, string, image.Point) (*image.RGBA, error) {
	return nil, n.why
}

// Open says why.
func (n nothing) Open(context.Context, string) (capture.Grabber, error) { return nil, n.why }
