// Package vt is a headless terminal: it takes the bytes that a program writes
// to an xterm-256color and keeps the screen they describe, with scrollback,
// modes and titles, and the answers the program waits for.
//
// It is not a renderer and does no I/O. It opens no PTY, starts no goroutine
// and reads no clock: the owner calls [Screen.Write] with output, drains
// [Screen.Replies] into the program's input, and reads cells when it wants to
// draw. A Screen is not safe for concurrent use; the owner holds a lock.
//
// It runs in the shim, where it is what a client sees on attach
// ([Screen.Repaint]), and in berth, where a pane draws from it.
//
// # Hostile input
//
// Everything a program can make the screen remember is bounded: scrollback by
// bytes, an unfinished escape sequence by maxString, replies by maxReplies,
// stacks by depth, and the tables of styles, links and clusters by what the
// cells on the screen use (unused entries are swept). Nothing written can panic
// or block, and the work per byte is bounded by the size of the screen.
//
// # Decisions
//
// The parser is the state table of charmbracelet/x/ansi (its package parser)
// with an interpreter of our own. The interpreter that belongs to the table
// ends an OSC string at any byte 0x9C, which is also the third byte of many
// UTF-8 characters, swallows the byte after a truncated UTF-8 sequence, and
// importing its package computes width tables at start: 20 ms and 3 MB in every
// process, more than the shim has for everything.
//
// Bytes 0x80-0x9F are never C1 controls: the input is UTF-8, where they are
// parts of characters.
package vt
