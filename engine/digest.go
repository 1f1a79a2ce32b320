package engine

import "strings"

// A Digest names bytes as they are stored or sent: "sha256:" and 64 lower-case
// hexadecimal digits (OCI image-spec, descriptor.md, "Digests").
type Digest string

// A DiffID is the digest of a layer's uncompressed tar (OCI image-spec, config.md).
// It is a type of its own so that it can't be taken for the digest of the
// compressed blob, nor for a [ChainID].
type DiffID string

// A ChainID names a stack of layers by the digest over their DiffIDs
// (OCI image-spec, config.md, "Layer ChainID").
type ChainID string

// Hex returns the digits without the algorithm.
func (d Digest) Hex() string { return hexOf(string(d)) }

// Short returns the first twelve digits, the form in which Docker shows IDs.
func (d Digest) Short() string { return shorten(d.Hex()) }

// Hex returns the digits without the algorithm.
func (d DiffID) Hex() string { return hexOf(string(d)) }

// Hex returns the digits without the algorithm.
func (c ChainID) Hex() string { return hexOf(string(c)) }

// ShortID returns the first twelve characters of a container's ID.
func ShortID(id string) string { return shorten(id) }

func hexOf(s string) string {
	if _, hex, ok := strings.Cut(s, ":"); ok {
		return hex
	}
	return s
}

func shorten(s string) string {
	if len(s) > 12 {
		return s[:12]
	}
	return s
}
