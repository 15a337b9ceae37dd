package diagnostics

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// alphabet is what people can read to each other on the phone in English and in French. Letters that look like another
// sign (B, D, I, L, O, Q, S, V, Z) and those that sound like one in the same or the other language (G like J, N like M)
// are not among them. It has a prime number of signs, on which the check characters rest.
const alphabet = "23456789ACEFHJKMPRTUWXY"

const (
	codeData  = 8 // 23^8 codes
	codeChars = codeData + 2
)

// errCode is something typed that is no code.
var errCode = errors.New("not a code: a character is wrong or missing, or two are in each other's place")

// newCode makes a random code in its short form, without separators.
func newCode(random io.Reader) (string, error) {
	var digits [codeChars]int
	for i := 0; i < codeData; {
		var b [1]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("read random bytes: %w", err)
		}
		if int(b[0]) < 256-256%len(alphabet) { // else the first signs would come more often
			digits[i] = int(b[0]) % len(alphabet)
			i++
		}
	}
	return spell(withChecks(digits)), nil
}

// withChecks sets the last two digits so that both sums of check are zero.
func withChecks(digits [codeChars]int) [codeChars]int {
	p := len(alphabet)
	digits[codeData], digits[codeData+1] = 0, 0
	plain, weighted := sums(digits)
	// x + y = -plain and (n-1)x + ny = -weighted, n being the number of characters
	y := mod((codeChars-1)*plain-weighted, p)
	digits[codeData], digits[codeData+1] = mod(-plain-y, p), y
	return digits
}

// sums are the syndromes of a Reed-Solomon code over the field of 23: when one or two digits are not what they should
// be, whichever they are, they are not both zero.
func sums(digits [codeChars]int) (plain, weighted int) {
	for i, d := range digits {
		plain += d
		weighted += (i + 1) * d
	}
	return plain % len(alphabet), weighted % len(alphabet)
}

func mod(n, p int) int { return (n%p + p) % p }

func spell(digits [codeChars]int) string {
	var s strings.Builder
	for _, d := range digits {
		s.WriteByte(alphabet[d])
	}
	return s.String()
}

// parseCode reads what somebody typed: in any case, with or without anything between the characters.
func parseCode(typed string) (string, error) {
	var digits [codeChars]int
	n := 0
	for _, r := range typed {
		if unicode.IsSpace(r) || unicode.IsPunct(r) {
			continue
		}
		d := strings.IndexRune(alphabet, unicode.ToUpper(r))
		if d < 0 || n == codeChars {
			return "", errCode
		}
		digits[n] = d
		n++
	}
	if plain, weighted := sums(digits); n != codeChars || plain != 0 || weighted != 0 {
		return "", errCode
	}
	return spell(digits), nil
}

// Spoken is a code as it is shown and read aloud: in groups.
func Spoken(code string) string {
	if len(code) != codeChars {
		return code
	}
	return code[:4] + "-" + code[4:8] + "-" + code[8:]
}
