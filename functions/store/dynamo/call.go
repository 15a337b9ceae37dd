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

// Answers come within 2 s: a change of several calls has changeTime for all of them.
const (
	changeTime  = 1800 * time.Millisecond
	callTime    = 1500 * time.Millisecond // of one call with its repetitions
	attemptTime = 500 * time.Millisecond
	firstPause  = 20 * time.Millisecond // before a repetition; it doubles, and half of it is chance
)

// change bounds what takes several calls.
func change(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, changeTime)
}

// once switches off the SDK's repetitions: they know no deadline for all of them together, and hide whether a write may
// have been done already.
func once(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

// call repeats fn while DynamoDB is throttled, hangs or cannot be reached, and refuses as unavailable in time. unsure
// says that an attempt without an answer came before the last one: it may have been done.
func call[T any](ctx context.Context, what string, fn func(context.Context) (T, error)) (out T, unsure bool, err error) {
	limited, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	for pause := firstPause; ; pause *= 2 {
		var answered bool
		out, answered, err = attempt(limited, fn)
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

func attempt[T any](ctx context.Context, fn func(context.Context) (T, error)) (out T, answered bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
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
