package sqlite

import (
	"strconv"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/cursor"
)

// after is the cursor of a page whose last row has this time and id, in a list that is ordered by both.
func after(list string, at time.Time, id string) string {
	return cursor.Make(list, strconv.FormatInt(at.UnixMilli(), 10)+"."+id)
}

// place is where the page ended that gave this cursor; ok is false for another list's.
func place(list, from string) (at int64, id string, ok bool) {
	text, ok := cursor.Place(list, from)
	if !ok {
		return 0, "", false
	}
	millis, id, ok := strings.Cut(text, ".")
	at, err := strconv.ParseInt(millis, 10, 64)
	return at, id, ok && err == nil
}
