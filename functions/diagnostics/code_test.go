package diagnostics

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The check characters notice every way in which one or two characters are wrong. The sums are linear, so it depends on
// the differences and not on the code: all differences are tried, on top of codes of every kind.
func TestEveryMistakeIsNoticed(t *testing.T) {
	p := len(alphabet)
	random := rand.NewChaCha8([32]byte{1})
	for range 20 {
		code, err := newCode(random)
		if err != nil {
			t.Fatal(err)
		}
		good := digitsOf(code)
		noticed := func(changed [codeChars]int) {
			t.Helper()
			if _, err := parseCode(spell(changed)); err == nil {
				t.Fatalf("%s is taken for %s", spell(changed), code)
			}
		}
		for i := range codeChars {
			for a := 1; a < p; a++ {
				one := good
				one[i] = (one[i] + a) % p
				noticed(one)
				for j := i + 1; j < codeChars; j++ {
					for b := 1; b < p; b++ {
						two := one
						two[j] = (two[j] + b) % p
						noticed(two)
					}
				}
			}
			for j := i + 1; j < codeChars; j++ {
				if swapped := good; good[i] != good[j] {
					swapped[i], swapped[j] = good[j], good[i]
					noticed(swapped)
				}
			}
		}
	}
}

func digitsOf(code string) (digits [codeChars]int) {
	for i, r := range code {
		digits[i] = strings.IndexRune(alphabet, r)
	}
	return digits
}

// Every code is its own only reading, whichever data it has: two sums of every value are reached.
func TestChecksFitEveryCode(t *testing.T) {
	for i := range codeData {
		for d := range alphabet {
			var digits [codeChars]int
			digits[i], digits[(i+3)%codeData] = d, (d*d+1)%len(alphabet)
			if plain, weighted := sums(withChecks(digits)); plain != 0 || weighted != 0 {
				t.Fatalf("%v: %d %d", digits, plain, weighted)
			}
		}
	}
}

func TestCodesAreTypedInManyWays(t *testing.T) {
	code, err := newCode(rand.NewChaCha8([32]byte{2}))
	if err != nil {
		t.Fatal(err)
	}
	spoken := Spoken(code)
	for _, typed := range []string{
		code, spoken, strings.ToLower(code), strings.ToLower(spoken), strings.ReplaceAll(spoken, "-", " "), " " + spoken + "\n",
		strings.Join(strings.Split(code, ""), " "), strings.ReplaceAll(spoken, "-", "–"), strings.ReplaceAll(spoken, "-", " "), strings.ReplaceAll(spoken, "-", "."),
	} {
		if got, err := parseCode(typed); got != code || err != nil {
			t.Errorf("%q: got %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "-", code[:9], code + "2", code + code, code[:9] + "O", code[:9] + "é", "ſ" + code[1:], "\x00" + code, strings.Repeat("-", 9)} {
		if got, err := parseCode(typed); err == nil {
			t.Errorf("%q is %q", typed, got)
		}
	}
	if Spoken(code) != code[:4]+"-"+code[4:8]+"-"+code[8:] {
		t.Errorf("got %q", Spoken(code))
	}
}

// No sign of the alphabet looks like another one.
func TestAlphabet(t *testing.T) {
	for _, alike := range []string{"0OQD", "1IL", "2Z", "5S", "8B", "UV", "GJ", "MN", "FS"} {
		n := 0
		for _, r := range alike {
			n += strings.Count(alphabet, string(r))
		}
		if n > 1 {
			t.Errorf("%d of %q", n, alike)
		}
	}
	for p := 2; p < len(alphabet); p++ {
		if len(alphabet)%p == 0 {
			t.Errorf("%d signs: the checks need a prime number", len(alphabet))
		}
	}
	for i, r := range alphabet {
		if strings.IndexRune(alphabet, r) != i {
			t.Errorf("%c is there twice", r)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add("ABCD-EFGH-JK")
	f.Fuzz(func(t *testing.T, s string) {
		code, err := parseCode(s)
		if err != nil {
			return
		}
		if again, err := parseCode(Spoken(code)); again != code || err != nil || len(code) != codeChars {
			t.Errorf("%q is %q, which is %q", s, code, again)
		}
	})
}
