package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// save writes a row, and what conditions and indexes need of it, where the condition holds. It reports whether it did.
func (t table) save(ctx context.Context, k key, row any, more item, where expression) (done bool, err error) {
	body, err := json.Marshal(row)
	if err != nil {
		return false, fmt.Errorf("encode row: %w", err)
	}
	nonce, err := t.db.nonce()
	if err != nil {
		return false, err
	}
	i := k.item()
	maps.Copy(i, more)
	i["body"], i["nonce"] = text(string(body)), text(nonce)
	return t.put(ctx, i, where)
}

// decodeRow returns nil for an item that is missing.
func decodeRow[T any](i item) (*T, error) {
	if i == nil {
		return nil, nil
	}
	row := new(T)
	if err := json.Unmarshal([]byte(i.text("body")), row); err != nil {
		return nil, fmt.Errorf("decode row: %w", err)
	}
	return row, nil
}

// liveRow is decodeRow without what has expired.
func liveRow[T any](i item, now time.Time) (*T, error) {
	if i.expired(now) {
		return nil, nil
	}
	return decodeRow[T](i)
}

// free holds where there is nothing, or what has expired.
func free(now time.Time) expression {
	return when("(attribute_not_exists(#pk) OR #expires <= :now)", item{":now": millis(now)})
}

// unchanged holds while the row has that version.
func unchanged(version int64) expression {
	return when("#version = :version", item{":version": number(version)})
}
