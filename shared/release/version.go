package release

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// versions are those of semver.org 2.0.0, without build metadata: two files of one version would be two releases.
var versions = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})(-((0|[1-9][0-9]{0,8}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9][0-9]{0,8}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?$`)

const maxVersion = 64

// ValidVersion reports whether s is a version.
func ValidVersion(s string) bool { return len(s) <= maxVersion && versions.MatchString(s) }

// Compare orders two valid versions by section 11 of semver.org: negative when a comes before b.
func Compare(a, b string) int {
	coreA, preA, hasA := strings.Cut(a, "-")
	coreB, preB, hasB := strings.Cut(b, "-")
	if c := compareParts(coreA, coreB); c != 0 {
		return c
	}
	switch {
	case hasA && hasB:
		return compareParts(preA, preB)
	case hasA:
		return -1
	case hasB:
		return 1
	}
	return 0
}

func compareParts(a, b string) int {
	partsA, partsB := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(partsA), len(partsB)) {
		if c := comparePart(partsA[i], partsB[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(partsA), len(partsB))
}

// comparePart puts numbers before words.
func comparePart(a, b string) int {
	numberA, errA := strconv.ParseUint(a, 10, 64)
	numberB, errB := strconv.ParseUint(b, 10, 64)
	switch {
	case errA == nil && errB == nil:
		return cmp.Compare(numberA, numberB)
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return strings.Compare(a, b)
}
