package conference

import (
	"context"
	"sync/atomic"

	"github.com/coopnet/coopnet/shared/sealed"
)

// Seal gives tests the value of an admission's cookie.
func (d *Domain) Seal(ctx context.Context, a Admission) (string, error) { return d.seal(ctx, a) }

// Open gives tests the admission in a cookie's value.
func (d *Domain) Open(ctx context.Context, value string) (Admission, error) {
	return d.open(ctx, value)
}

// ErrSealed is what Open returns for a value that is not a live admission.
func ErrSealed() error { return sealed.ErrNotOurs }

// Count lets a test count the computations, and run something before each.
func (a *Argon2) Count(runs *atomic.Int64, before func()) {
	derive := a.derive
	a.derive = func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte {
		runs.Add(1)
		before()
		return derive(password, salt, time, memory, threads, keyLen)
	}
}
