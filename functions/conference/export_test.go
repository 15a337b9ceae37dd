package conference

import "context"

// Seal gives tests the value of an admission's cookie.
func (d *Domain) Seal(ctx context.Context, a Admission) (string, error) { return d.seal(ctx, a) }

// Open gives tests the admission in a cookie's value.
func (d *Domain) Open(ctx context.Context, value string) (Admission, error) {
	return d.open(ctx, value)
}

// ErrSealed is what Open returns for a value that is not a live admission.
func ErrSealed() error { return errSealed }
