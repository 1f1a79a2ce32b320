package vt

type csiFunc = func(*Screen, *params)

// prefixed and withIntermediate build keys of csiPrefixed.
func prefixed(prefix, final byte) int        { return int(prefix)<<8 | int(final) }
func withIntermediate(inter, final byte) int { return int(inter)<<16 | int(final) }

// csiTable holds the sequences without prefix and intermediate by final byte.
var csiTable = [0x80]csiFunc{
	'@': func(s *Screen, p *params) { s.cur.pending = false; s.insertCells(p.count(0)) }, // ICH
	'A': func(s *Screen, p *params) { s.up(p.count(0)) },                                 // CUU
	'B': func(s *Screen, p *params) { s.down(p.count(0)) },                               // CUD
	'C': func(s *Screen, p *params) { s.right(p.count(0)) },                              // CUF
	'D': func(s *Screen, p *params) { s.left(p.count(0)) },                               // CUB
	'E': func(s *Screen, p *params) { s.down(p.count(0)); s.carriageReturn() },           // CNL
	'F': func(s *Screen, p *params) { s.up(p.count(0)); s.carriageReturn() },             // CPL
	'G': cursorColumn,                                                                    // CHA
	'H': cursorPosition,                                                                  // CUP
	'I': func(s *Screen, p *params) { s.tabForward(p.count(0)) },                         // CHT
	'J': func(s *Screen, p *params) { s.eraseScreen(p.get(0, 0), false) },                // ED
	'K': func(s *Screen, p *params) { s.eraseLine(p.get(0, 0), false) },                  // EL
	'L': func(s *Screen, p *params) { s.insertLines(p.count(0)) },                        // IL
	'M': func(s *Screen, p *params) { s.deleteLines(p.count(0)) },                        // DL
	'P': func(s *Screen, p *params) { s.cur.pending = false; s.deleteCells(p.count(0)) }, // DCH
	'S': func(s *Screen, p *params) { s.scrollUp(p.count(0)) },                           // SU
	'T': scrollDownOrTrack,                                                               // SD
	'X': eraseChars,                                                                      // ECH
	'Z': func(s *Screen, p *params) { s.tabBackward(p.count(0)) },                        // CBT
	'`': cursorColumn,                                                                    // HPA
	'a': func(s *Screen, p *params) { s.right(p.count(0)) },                              // HPR
	'b': func(s *Screen, p *params) { s.repeat(p.count(0)) },                             // REP
	'c': func(s *Screen, p *params) { s.primaryAttributes(p.get(0, 0)) },                 // DA1
	'd': cursorRow,                                                                       // VPA
	'e': func(s *Screen, p *params) { s.down(p.count(0)) },                               // VPR
	'f': cursorPosition,                                                                  // HVP
	'g': func(s *Screen, p *params) { s.clearTabs(p.get(0, 0)) },                         // TBC
	'h': func(s *Screen, p *params) { s.setANSIModes(p, true) },                          // SM
	'l': func(s *Screen, p *params) { s.setANSIModes(p, false) },                         // RM
	'm': func(s *Screen, p *params) { s.sgr(p) },                                         // SGR
	'n': func(s *Screen, p *params) { s.deviceStatus(p.get(0, 0)) },                      // DSR
	'r': func(s *Screen, p *params) { s.setVerticalMargins(p.get(0, 0), p.get(1, 0)) },   // DECSTBM
	's': saveCursorOrMargins,                                                             // SCOSC, DECSLRM
	't': func(s *Screen, p *params) { s.windowOp(p) },                                    // XTWINOPS
	'u': func(s *Screen, p *params) { s.restoreCursor() },                                // SCORC
	'x': func(s *Screen, p *params) { s.terminalParameters(p.get(0, 0)) },                // DECREQTPARM
}

// csiPrefixed holds the others.
var csiPrefixed = map[int]csiFunc{
	prefixed('?', 'J'): func(s *Screen, p *params) { s.eraseScreen(p.get(0, 0), true) }, // DECSED
	prefixed('?', 'K'): func(s *Screen, p *params) { s.eraseLine(p.get(0, 0), true) },   // DECSEL
	prefixed('?', 'W'): func(s *Screen, p *params) { // DECST8C
		if p.get(0, 0) == 5 {
			s.defaultTabs(0)
		}
	},
	prefixed('?', 'h'): func(s *Screen, p *params) { s.setPrivateModes(p, true) },
	prefixed('?', 'l'): func(s *Screen, p *params) { s.setPrivateModes(p, false) },
	prefixed('?', 'n'): func(s *Screen, p *params) { s.privateStatus(p.get(0, 0)) },
	prefixed('?', 'r'): func(s *Screen, p *params) { s.restoreModes(p) },
	prefixed('?', 's'): func(s *Screen, p *params) { s.saveModes(p) },
	prefixed('?', 'u'): func(s *Screen, p *params) { s.reportKitty() },
	prefixed('>', 'u'): func(s *Screen, p *params) { s.grid.kitty.push(KittyFlags(p.get(0, 0))) },
	prefixed('<', 'u'): func(s *Screen, p *params) { s.grid.kitty.pop(p.count(0)) },
	prefixed('=', 'u'): func(s *Screen, p *params) {
		s.grid.kitty.change(KittyFlags(p.get(0, 0)), p.get(1, 1))
	},
	prefixed('>', 'c'): func(s *Screen, p *params) { s.secondaryAttributes(p.get(0, 0)) }, // DA2
	prefixed('=', 'c'): func(s *Screen, p *params) { s.tertiaryAttributes(p.get(0, 0)) },  // DA3
	prefixed('>', 'm'): keyModifierOptions,                                                // XTMODKEYS
	prefixed('>', 'n'): func(s *Screen, p *params) { // disable an XTMODKEYS resource
		if p.get(0, 0) == 4 {
			s.modes.otherKeys = 0
		}
	},
	prefixed('?', 'm'): func(s *Screen, p *params) { s.reportModifierOptions(p.get(0, 0)) }, // XTQMODKEYS
	prefixed('>', 'q'): func(s *Screen, p *params) { s.version(p.get(0, 0)) },               // XTVERSION

	withIntermediate(' ', '@'):          func(s *Screen, p *params) { s.shiftAll(s.region.left, p.count(0), s.shiftLeft) },  // SL
	withIntermediate(' ', 'A'):          func(s *Screen, p *params) { s.shiftAll(s.region.left, p.count(0), s.shiftRight) }, // SR
	withIntermediate(' ', 'q'):          cursorShape,                                                                        // DECSCUSR
	withIntermediate('!', 'p'):          func(s *Screen, p *params) { s.softReset() },                                       // DECSTR
	withIntermediate('"', 'q'):          protect,                                                                            // DECSCA
	withIntermediate('$', 'p'):          func(s *Screen, p *params) { s.reportMode(p.get(0, 0), false) },                    // DECRQM
	withIntermediate('$', 'p') | '?'<<8: func(s *Screen, p *params) { s.reportMode(p.get(0, 0), true) },                     // DECRQM
	withIntermediate('$', 'v'):          copyRectangle,                                                                      // DECCRA
	withIntermediate('$', 'x'):          func(s *Screen, p *params) { s.fillRect(rune(p.get(0, 0)), s.rectAt(p, 1)) },       // DECFRA
	withIntermediate('$', 'z'):          func(s *Screen, p *params) { s.eraseRect(s.rectAt(p, 0), false) },                  // DECERA
	withIntermediate('$', '{'):          func(s *Screen, p *params) { s.eraseRect(s.rectAt(p, 0), true) },                   // DECSERA
	withIntermediate('\'', '}'):         func(s *Screen, p *params) { s.columns(p.count(0), s.shiftRight) },                 // DECIC
	withIntermediate('\'', '~'):         func(s *Screen, p *params) { s.columns(p.count(0), s.shiftLeft) },                  // DECDC
}
