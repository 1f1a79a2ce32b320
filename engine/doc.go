// Package engine is the contract between Berth's front ends (the TUI, the
// command line, the Docker API) and whatever carries their requests out.
//
// It holds types, small interfaces and the classes of errors, and nothing else:
// no Linux mechanism, no terminal library, no disk format. Package engine/local
// implements it in process; package engine/enginetest implements it in memory for
// tests and carries the conformance suite that both must pass.
//
// Everything here is safe for concurrent use unless a comment says otherwise.
// Sizes are bytes, times are wall clock in the local zone, durations are
// time.Duration. Errors belong to a [Class]; see [ClassOf].
package engine
