package session

import "time"

// pause comes before attempt number n (0 is the first retry), with up to 30 % added so that those of one conference do
// not all come back in the same instant. chance is from 0 to 1.
func pause(n int, chance float64) time.Duration {
	step := 250 * time.Millisecond << min(max(n, 0), 4)
	return step + time.Duration(0.3*chance*float64(step))
}

// patience is how long attempt number n may take. The first may meet a slow network. Those after a loss are short at
// first: what was sent into a dead network hangs in retransmission, and a new connection gets through sooner.
func patience(n int) time.Duration {
	if n == 0 {
		return 6 * time.Second
	}
	allowed := 3 * time.Second
	for range n - 2 {
		allowed = min(allowed*3/2, 10*time.Second)
	}
	return allowed
}
