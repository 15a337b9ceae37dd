// Package once knows what participants have made under which keys, so that a message which is sent again after a
// reconnection makes nothing twice. A key is chosen by its participant and means the same thing for ever: when the thing
// is gone, the key is spent. Pure state, without a lock.
package once

// maxGone bounds the keys of things that are gone; the oldest is forgotten first.
const maxGone = 1000

// overhead is what a key takes beside its texts, in bytes, about.
const overhead = 150

// maxKey is the length of a key in bytes.
const maxKey = 64

// Valid reports whether s can be a key.
func Valid(s string) bool {
	if s == "" || len(s) > maxKey {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// Key is a participant's.
type Key struct{ Participant, Key string }

// Keys is bounded by what there is of the things themselves, and by maxGone.
type Keys struct {
	made map[Key]string
	gone map[Key]struct{}
	age  []Key // of gone, the oldest first
}

// New returns an empty set.
func New() *Keys { return &Keys{made: make(map[Key]string), gone: make(map[Key]struct{})} }

// Find returns the id of what was made under the key. Spent: it is gone.
func (k *Keys) Find(key Key) (id string, spent bool) {
	_, spent = k.gone[key]
	return k.made[key], spent
}

// Make notes what was made under a key.
func (k *Keys) Make(key Key, id string) { k.made[key] = id }

// Spend notes that what was made under the key is gone.
func (k *Keys) Spend(key Key) {
	if _, made := k.made[key]; !made {
		return
	}
	delete(k.made, key)
	if len(k.age) >= maxGone {
		delete(k.gone, k.age[0])
		k.age = append(k.age[:0], k.age[1:]...)
	}
	k.gone[key] = struct{}{}
	k.age = append(k.age, key)
}

// Size is about what the keys take, in bytes.
func (k *Keys) Size() int {
	size := 0
	for key := range k.made {
		size += key.size()
	}
	for key := range k.gone {
		size += key.size()
	}
	return size
}

func (k Key) size() int { return overhead + len(k.Participant) + len(k.Key) }
