package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/coopnet/coopnet/shared/problem"
)

// patience is how long things may take. Answers come within 2 s.
type patience struct {
	change  time.Duration // of several calls
	call    time.Duration // of one, with its repetitions
	attempt time.Duration
}

func standardPatience() patience {
	return patience{change: 1800 * time.Millisecond, call: 1500 * time.Millisecond, attempt: 500 * time.Millisecond}
}

const firstPause = 20 * time.Millisecond // before a repetition; it doubles, and half of it is chance

// change bounds what takes several calls.
func (db *DB) change(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, db.patience.change)
}

// once switches off the SDK's repetitions: they know no deadline for all of them together, and hide whether a write may
// have been done already.
func once(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

// call repeats fn while DynamoDB is throttled, hangs or cannot be reached, and refuses as unavailable in time. unsure
// says that an attempt without an answer came before the last one: it may have been done.
func call[T any](ctx context.Context, p patience, what string, fn func(context.Context) (T, error)) (out T, unsure bool, err error) {
	limited, cancel := context.WithTimeout(ctx, p.call)
	defer cancel()
	for pause := firstPause; ; pause *= 2 {
		var answered bool
		out, answered, err = attempt(limited, p.attempt, fn)
		switch {
		case err == nil:
			return out, unsure, nil
		case errors.Is(ctx.Err(), context.Canceled):
			return out, unsure, fmt.Errorf("%s: %w", what, ctx.Err())
		case answered && !passes(err):
			return out, unsure, fmt.Errorf("%s: %w", what, err)
		}
		unsure = unsure || !throttled(err)
		timer := time.NewTimer(pause/2 + rand.N(pause/2))
		select {
		case <-timer.C:
		case <-limited.Done():
			timer.Stop()
			if errors.Is(ctx.Err(), context.Canceled) {
				return out, unsure, fmt.Errorf("%s: %w", what, ctx.Err())
			}
			return out, unsure, unavailable(fmt.Errorf("%s: %w", what, err))
		}
	}
}

func attempt[T any](ctx context.Context, limit time.Duration, fn func(context.Context) (T, error)) (out T, answered bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, err = fn(ctx)
	return out, ctx.Err() == nil, err
}

// passes reports whether the same call may succeed a moment later.
func passes(err error) bool {
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary || throttled(err)
}

// throttled reports a refusal: nothing was done.
func throttled(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	_, is := retry.DefaultThrottleErrorCodes[api.ErrorCode()]
	return is
}

// refused reports that a condition did not hold.
func refused(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}

func unavailable(cause error) error {
	return &problem.Error{Code: problem.Unavailable, Detail: "The database does not answer. Try again.", RetryAfter: time.Second, Cause: cause}
}

// crowded is for a change that others came before again and again.
func crowded(what string) error {
	return unavailable(fmt.Errorf("%s: others wrote the same at every try", what))
}
