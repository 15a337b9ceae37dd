package dynamo

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is the attributes of one.
type item map[string]types.AttributeValue

// key is where an item lies.
type key struct{ pk, sk string }

func (k key) item() item { return item{HashKey: text(k.pk), RangeKey: text(k.sk)} }

func keyOf(i item) key { return key{i.text(HashKey), i.text(RangeKey)} }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// millis is how a time is stored that conditions or filters compare.
func millis(t time.Time) types.AttributeValue { return number(t.UnixMilli()) }

// seconds is how TTL wants it; rounded up, so that nothing goes before its time.
func seconds(t time.Time) types.AttributeValue { return number((t.UnixMilli() + 999) / 1000) }

// text returns "" for an attribute that is missing.
func (i item) text(name string) string {
	if s, ok := i[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// number returns 0 for an attribute that is missing.
func (i item) number(name string) int64 {
	if n, ok := i[name].(*types.AttributeValueMemberN); ok {
		v, _ := strconv.ParseInt(n.Value, 10, 64) // only number wrote it
		return v
	}
	return 0
}

// time returns the zero time for an attribute that is missing.
func (i item) time(name string) time.Time {
	if _, ok := i[name]; !ok {
		return time.Time{}
	}
	return time.UnixMilli(i.number(name)).UTC()
}

func (i item) has(name string) bool { return i[name] != nil }

// expired compares "expires", in milliseconds: TTL deletes late.
func (i item) expired(now time.Time) bool {
	return i.has("expires") && i.number("expires") <= now.UnixMilli()
}

// expire sets both ends of an item's life, or none for the zero time.
func (i item) expire(at time.Time) item {
	if !at.IsZero() {
		i["expires"], i[TTL] = millis(at), seconds(at)
	}
	return i
}

// expression is a condition or a filter. In its text #name is an attribute and :name a value.
type expression struct {
	text   string
	values item
}

func when(text string, values item) expression { return expression{text, values} }

// absent holds when there is no item.
func absent() expression { return when("attribute_not_exists(#pk)", nil) }

// written holds while the item is as the write with that nonce left it.
func written(nonce string) expression { return when("#nonce = :was", item{":was": text(nonce)}) }

// live holds for items that have not expired.
func live(now time.Time) expression {
	return when("(attribute_not_exists(#expires) OR #expires > :now)", item{":now": millis(now)})
}

// and joins two; an OR in either is in brackets.
func (e expression) and(other expression) expression {
	values := maps.Clone(e.values)
	if values == nil {
		values = item{}
	}
	maps.Copy(values, other.values)
	return expression{e.text + " AND " + other.text, values}
}

// edit is a change of some attributes.
type edit struct {
	set    item
	first  item // set where nothing is
	add    item // numbers
	remove []string
}

func (e edit) expression() expression {
	values := make(item, len(e.set)+len(e.first)+len(e.add))
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(e.set)) {
		values[":set_"+name] = e.set[name]
		parts = append(parts, "#"+name+" = :set_"+name)
	}
	for _, name := range slices.Sorted(maps.Keys(e.first)) {
		values[":set_"+name] = e.first[name]
		parts = append(parts, "#"+name+" = if_not_exists(#"+name+", :set_"+name+")")
	}
	for _, name := range slices.Sorted(maps.Keys(e.add)) {
		values[":add_"+name] = e.add[name]
		parts = append(parts, "#"+name+" = #"+name+" + :add_"+name)
	}
	text := "SET " + strings.Join(parts, ", ")
	if len(e.remove) > 0 {
		text += " REMOVE #" + strings.Join(e.remove, ", #")
	}
	return expression{text, values}
}

// names maps the #name of expressions, so that no attribute meets a reserved word.
func names(texts ...string) map[string]string {
	found := make(map[string]string)
	for _, text := range texts {
		for _, part := range strings.Split(text, "#")[1:] {
			end := strings.IndexFunc(part, func(r rune) bool { return r < 'a' || r > 'z' })
			if end < 0 {
				end = len(part)
			}
			found["#"+part[:end]] = part[:end]
		}
	}
	return found
}
