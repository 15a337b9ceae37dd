// Package blob has what domains that keep files and the stores of files say to each other. A domain declares which of a
// store's methods it needs; functions/store/storetest says what all of them mean.
package blob

import (
	"errors"
	"time"
)

// Errors of the stores. Any other error is a fault.
var (
	ErrNotFound = errors.New("there is no such object")
	ErrExists   = errors.New("there is such an object")
)

// Object is what a store knows of one object.
type Object struct {
	Size   int64
	SHA256 [32]byte // of its bytes, verified by the store when they came
}

// Upload is the one HTTP request with which somebody stores an object: so many bytes with that checksum, and never over
// another object.
type Upload struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"` // to be sent as they are
	Expires time.Time         `json:"-"`
}
