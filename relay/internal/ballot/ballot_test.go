package ballot

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func draft(key string) Draft {
	return Draft{ID: "v" + key, Key: key, Participant: "ann", Name: "Ann", Question: "Tea?", Options: []string{"Yes", "No", "Later"}}
}

func open(t *testing.T, b *Box, d Draft) {
	t.Helper()
	if id, fresh, err := b.Open(d); err != nil || !fresh || id != d.ID {
		t.Fatalf("open %+v: %q, %v, %v", d, id, fresh, err)
	}
}

func see(t *testing.T, b *Box, id, viewer string) View {
	t.Helper()
	v, ok := b.View(id, viewer)
	if !ok {
		t.Fatalf("no poll %s", id)
	}
	return v
}

func TestOpenRefuses(t *testing.T) {
	for name, change := range map[string]func(*Draft){
		"no key":            func(d *Draft) { d.Key = "" },
		"no question":       func(d *Draft) { d.Question = " \u202e" },
		"a long question":   func(d *Draft) { d.Question = strings.Repeat("é", maxQuestion+1) },
		"one option":        func(d *Draft) { d.Options = d.Options[:1] },
		"eleven options":    func(d *Draft) { d.Options = strings.Split("abcdefghijk", "") },
		"an empty option":   func(d *Draft) { d.Options[2] = "\u200b" },
		"a long option":     func(d *Draft) { d.Options[2] = strings.Repeat("é", maxOption+1) },
		"the same twice":    func(d *Draft) { d.Options[2] = " Yes\u200b" },
		"no options at all": func(d *Draft) { d.Options = nil },
	} {
		b, d := New(), draft("1")
		change(&d)
		if _, _, err := b.Open(d); !errors.Is(err, ErrInvalid) || len(b.polls) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVotes(t *testing.T) {
	b := New()
	open(t, b, draft("1"))
	many := draft("2")
	many.Multiple = true
	open(t, b, many)
	for _, tt := range []struct {
		poll, who string
		vote      []int
		changed   bool
		want      error
		votes     []int
		voters    int
	}{
		{"v1", "bob", []int{0}, true, nil, []int{1, 0, 0}, 1},
		{"v1", "bob", []int{0}, false, nil, []int{1, 0, 0}, 1},
		{"v1", "bob", []int{2}, true, nil, []int{0, 0, 1}, 1},
		{"v1", "eve", []int{2, 2}, true, nil, []int{0, 0, 2}, 2},
		{"v1", "eve", []int{0, 1}, false, ErrInvalid, []int{0, 0, 2}, 2},
		{"v1", "eve", []int{3}, false, ErrInvalid, []int{0, 0, 2}, 2},
		{"v1", "eve", []int{-1}, false, ErrInvalid, []int{0, 0, 2}, 2},
		{"v1", "eve", nil, true, nil, []int{0, 0, 1}, 1},
		{"v1", "eve", []int{}, false, nil, []int{0, 0, 1}, 1},
		{"v2", "bob", []int{0, 2, 0}, true, nil, []int{1, 0, 1}, 1},
		{"v2", "bob", []int{1, 2}, true, nil, []int{0, 1, 1}, 1},
		{"v3", "bob", []int{0}, false, ErrNotFound, nil, 0},
	} {
		changed, err := b.Vote(tt.poll, tt.who, tt.vote)
		if changed != tt.changed || !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v, %v", tt, changed, err)
		}
		if v, ok := b.View(tt.poll, tt.who); ok && (!slices.Equal(v.Votes, tt.votes) || v.Voters != tt.voters) {
			t.Errorf("%+v: %+v", tt, v)
		}
	}
	if v := see(t, b, "v2", "bob"); !slices.Equal(v.Own, []int{1, 2}) {
		t.Errorf("own %v", v.Own)
	}
	if v := see(t, b, "v2", "eve"); v.Own == nil || len(v.Own) != 0 {
		t.Errorf("eve's own %v", v.Own)
	}
}

func TestSecretVotesShowWhenClosed(t *testing.T) {
	b, d := New(), draft("1")
	d.Secret = true
	open(t, b, d)
	if _, err := b.Vote("v1", "bob", []int{1}); err != nil {
		t.Fatal(err)
	}
	if v := see(t, b, "v1", "bob"); !v.Hidden || !slices.Equal(v.Votes, []int{0, 0, 0}) || v.Voters != 1 || !slices.Equal(v.Own, []int{1}) {
		t.Errorf("bob sees %+v", v)
	}
	if v := see(t, b, "v1", "ann"); v.Hidden || v.Votes[1] != 1 {
		t.Errorf("ann sees %+v", v)
	}
	if _, err := b.Close("v1", "bob", false); !errors.Is(err, ErrDenied) {
		t.Errorf("bob closes it: %v", err)
	}
	if closed, err := b.Close("v1", "ann", false); !closed || err != nil {
		t.Errorf("%v, %v", closed, err)
	}
	if closed, err := b.Close("v1", "mod", true); closed || err != nil {
		t.Errorf("again: %v, %v", closed, err)
	}
	if v := see(t, b, "v1", "eve"); v.Hidden || v.Votes[1] != 1 || v.Open {
		t.Errorf("eve sees %+v", v)
	}
	if _, err := b.Vote("v1", "eve", []int{1}); !errors.Is(err, ErrClosed) {
		t.Errorf("a late vote: %v", err)
	}
}

func TestKeysAndBounds(t *testing.T) {
	b := New()
	for i := range maxPolls {
		open(t, b, draft(strconv.Itoa(i)))
	}
	if _, _, err := b.Open(draft("more")); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
	again := draft("3")
	again.ID = "other"
	if id, fresh, err := b.Open(again); id != "v3" || fresh || err != nil {
		t.Errorf("the same key: %q, %v, %v", id, fresh, err)
	}
	if err := b.Delete("v3", "bob", false); !errors.Is(err, ErrDenied) {
		t.Errorf("bob deletes it: %v", err)
	}
	if err := b.Delete("v3", "bob", true); err != nil {
		t.Error(err)
	}
	if _, _, err := b.Open(again); !errors.Is(err, ErrNotFound) {
		t.Errorf("the key of a deleted one: %v", err)
	}
	if got := b.IDs(); len(got) != maxPolls-1 || got[3] != "v4" {
		t.Errorf("%v", got)
	}
	for i := range maxVoters {
		if _, err := b.Vote("v4", strconv.Itoa(i), []int{0}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Vote("v4", "more", []int{0}); !errors.Is(err, ErrFull) {
		t.Errorf("one voter more: %v", err)
	}
	if _, err := b.Vote("v4", "0", []int{1}); err != nil {
		t.Errorf("another vote of the same: %v", err)
	}
	if size := b.Size(); size < maxVoters*50 || size > maxVoters*60 {
		t.Errorf("size %d", size)
	}
}

// FuzzVote: the counts are always those of the votes.
func FuzzVote(f *testing.F) {
	f.Add([]byte{0, 1, 7, 2, 3, 0})
	f.Fuzz(func(t *testing.T, votes []byte) {
		for _, multiple := range []bool{false, true} {
			b, d := New(), draft("1")
			d.Multiple = multiple
			open(t, b, d)
			for i := 0; i+1 < len(votes); i += 2 {
				var options []int
				for o := range 5 {
					if votes[i+1]&(1<<o) != 0 {
						options = append(options, o)
					}
				}
				_, _ = b.Vote("v1", strconv.Itoa(int(votes[i]%4)), options)
			}
			var want [3]int
			for i := range 4 {
				for _, o := range see(t, b, "v1", strconv.Itoa(i)).Own {
					want[o]++
				}
			}
			if got := see(t, b, "v1", "ann"); !slices.Equal(got.Votes, want[:]) {
				t.Fatalf("%v, of votes %v", got.Votes, want)
			}
		}
	})
}
