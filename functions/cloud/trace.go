package cloud

import (
	"context"
	"log/slog"
	"regexp"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// trace names one invocation in every log line: who looks for a request finds it in the gateway's log, in the function's
// and in X-Ray.
type trace struct {
	invocation string // Lambda's request id
	gateway    string // API Gateway's request id
	xray       string // X-Ray's trace id
	caller     string // trace id of a caller that has a trace of its own (W3C Trace Context)
}

type traceKey struct{}

var (
	xrayRoot    = regexp.MustCompile(`^1-[0-9a-f]{8}-[0-9a-f]{24}$`)
	traceparent = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$`)
	gatewayID   = regexp.MustCompile(`^[A-Za-z0-9+/=_-]{1,64}$`)
)

// newTrace takes only what is well formed: what a client writes could forge log lines.
func newTrace(ctx context.Context, event events.APIGatewayV2HTTPRequest) trace {
	var t trace
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		t.invocation = lc.AwsRequestID
	}
	if id := event.RequestContext.RequestID; gatewayID.MatchString(id) {
		t.gateway = id
	}
	header, _ := ctx.Value("x-amzn-trace-id").(string) // the key of aws-lambda-go
	for part := range strings.SplitSeq(header, ";") {
		if root, ok := strings.CutPrefix(strings.TrimSpace(part), "Root="); ok && xrayRoot.MatchString(root) {
			t.xray = root
		}
	}
	// W3C Trace Context section 3.2.2: all zeros are invalid, and versions that we do not know are not ours to read.
	if m := traceparent.FindStringSubmatch(event.Headers["traceparent"]); m != nil && strings.Trim(m[1], "0") != "" && strings.Trim(m[2], "0") != "" {
		t.caller = m[1]
	}
	return t
}

func withTrace(ctx context.Context, t trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

func (t trace) attributes() []slog.Attr {
	var list []slog.Attr
	for _, a := range []slog.Attr{
		slog.String("lambdaRequestId", t.invocation), slog.String("gatewayRequestId", t.gateway),
		slog.String("traceId", t.xray), slog.String("callerTraceId", t.caller),
	} {
		if a.Value.String() != "" {
			list = append(list, a)
		}
	}
	return list
}

// tracing adds the trace of the context to each line.
type tracing struct{ slog.Handler }

// Handle implements slog.Handler.
func (h tracing) Handle(ctx context.Context, r slog.Record) error {
	if t, ok := ctx.Value(traceKey{}).(trace); ok {
		r.AddAttrs(t.attributes()...)
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h tracing) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tracing{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h tracing) WithGroup(name string) slog.Handler { return tracing{h.Handler.WithGroup(name)} }
