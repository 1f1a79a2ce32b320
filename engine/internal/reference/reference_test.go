package reference

import (
	_ "crypto/sha512" // else the oracle does not know its digests
	"strings"
	"testing"

	oracle "github.com/distribution/reference"
)

var examples = []string{
	"ubuntu", "ubuntu:24.04", "a/b", "a/b/c:x", "docker.io/ubuntu", "docker.io/a/b", "index.docker.io/a", "index.docker.io/a/b:1",
	"localhost/a", "localhost:5000/a:b", "127.0.0.1:5000/debian", "ghcr.io/a/b@sha256:" + strings.Repeat("a", 64),
	"a:b@sha256:" + strings.Repeat("0", 64), "a@sha512:" + strings.Repeat("f", 128), "a@sha256:" + strings.Repeat("A", 64),
	"a@md5:" + strings.Repeat("0", 32), "a@sha256:" + strings.Repeat("0", 32), "a@sha256+b64:" + strings.Repeat("0", 64), "a@", "@",
	"[::1]:5000/a", "[::1]/a", "[::1/a", "[]/a", "[::1]x/a", "::1/a", "a:/b", "a:5/b:c", "a:5:6/b", "host:5000", "", "/", "a/", "/a", "a//b",
	"A", "a/B", "Foo/bar", "foo.COM/bar", "foo.com/Bar", "foo_bar.com/baz", "a_b", "a__b", "a___b", "a.b", "a..b", "a-b", "a---b", "-a", "a-",
	"a_-b", "-a.com/b", "a-.com/b", "a.com./b", ".com/a", "a:tag:tag", "a:-x", "a:" + strings.Repeat("t", 128), "a:" + strings.Repeat("t", 129),
	strings.Repeat("a", 64), strings.Repeat("a", 63), strings.Repeat("b", 300), "library/" + strings.Repeat("b", 247), "library/" + strings.Repeat("b", 248),
	"docker.io/library/a/b", "library/a", "é", "a/é", "K", "a:é", "\xff", "a b", "a\n", "xn--n3h.com/myimage", "sha256:" + strings.Repeat("a", 64),
}

// FuzzParseEqualsDistribution compares with the package that Docker itself uses.
func FuzzParseEqualsDistribution(f *testing.F) {
	for _, s := range examples {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, werr := oracle.ParseNormalizedNamed(s)
		got, err := Parse(s)
		if (err == nil) != (werr == nil) || err != nil && err.Error() != werr.Error() {
			t.Fatalf("%q: error %v, want %v", s, err, werr)
		}
		if err != nil {
			return
		}
		same := func(what, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("%q: %s is %q, want %q", s, what, got, want)
			}
		}
		same("all of it", got.String(), want.String())
		same("name", got.Name(), want.Name())
		same("domain", got.Domain(), oracle.Domain(want))
		same("path", got.Path(), oracle.Path(want))
		same("familiar form", got.Familiar(), oracle.FamiliarString(want))
		same("familiar name", got.FamiliarName(), oracle.FamiliarName(want))
		same("tagged form", got.Tagged().String(), oracle.TagNameOnly(want).String())
		same("repository", got.Repository().String(), oracle.TrimNamed(want).String())
		tag, digest := "", ""
		if w, ok := want.(oracle.Tagged); ok {
			tag = w.Tag()
		}
		if w, ok := want.(oracle.Digested); ok {
			digest = w.Digest().String()
		}
		same("tag", got.Tag(), tag)
		same("digest", got.Digest(), digest)
		if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("%q: read again it is %+v, %v", s, again, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("127.0.0.1:5000/debian:12"); err != nil {
			b.Fatal(err)
		}
	}
}
