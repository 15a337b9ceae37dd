package dynamo

import (
	"time"

	"github.com/coopnet/coopnet/shared/cursor"
)

// entry is what makes an item one of a list.
func entry(list string, at time.Time, id string) item {
	return item{"list": text(shardOf(list, id)), "order": text(order(at, id))}
}

func shardsOf(list string) []string {
	names := make([]string, shards)
	for n := range names {
		names[n] = shardName(list, uint32(n))
	}
	return names
}

// placeAfter is where the page ended that gave this cursor of a list with that name; false for another list's.
func placeAfter(list, from string) (place string, ok bool) {
	if from == "" {
		return "", true
	}
	place, ok = cursor.Place(list, from)
	_, _, fits := splitOrder(place)
	return place, ok && fits
}
