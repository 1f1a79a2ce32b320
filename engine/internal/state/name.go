package state

import (
	"crypto/rand"
	"encoding/hex"
	mathrand "math/rand/v2"
	"strings"
)

// NewID returns a fresh container ID: 64 hexadecimal digits. It never consists of
// decimal digits alone in its short form, which people would take for a number.
func NewID() string {
	for {
		var b [32]byte
		rand.Read(b[:])
		id := hex.EncodeToString(b[:])
		if strings.ContainsAny(id[:12], "abcdef") {
			return id
		}
	}
}

func validID(s string) bool { return len(s) == 64 && isHex(s) }

func isHex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789abcdef") == ""
}

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// ValidName reports whether a container may have this name. Docker's rule is
// [a-zA-Z0-9][a-zA-Z0-9_.-]+; compiling that would take longer than all else with a name.
func ValidName(name string) bool {
	return len(name) >= 2 && len(name) <= 128 && strings.IndexByte(alphanumeric, name[0]) >= 0 &&
		strings.Trim(name[1:], alphanumeric+"_.-") == ""
}

// RandomName makes up a name of two words for a container that was given none:
// an adjective and something that is found in a harbour or at sea.
func RandomName() string {
	return adjectives[mathrand.IntN(len(adjectives))] + "_" + nouns[mathrand.IntN(len(nouns))]
}

var adjectives = strings.Fields(`
able agile amber ample apt azure balmy bold brave breezy bright brisk calm candid cheery civil clear clever coral
cosy crisp curious daring deft eager early easy elated fair fearless festive fine fleet fond frank free fresh gentle
gilded glad golden good grand happy hardy hearty honest humble ideal ivory jolly jovial keen kind lively loyal lucid
lucky mellow merry mighty mild modest neat nimble noble patient placid plucky polite prime proud quick quiet radiant
rapid ready robust rosy royal rugged salty serene sharp silent silver sincere sleek smart snug sober solid spry stable
steady stout sturdy sunny sure swift tame tidy tranquil trim trusty upbeat valiant vivid warm willing wise witty zesty`)

var nouns = strings.Fields(`
albatross anchor anemone atoll barge barnacle bay beacon bell berth boat bollard bow breaker bridge brig buoy cape
captain cargo clipper coast cockle cod compass conch coral cormorant cove crab crane crew current cutter deck dinghy
dock dolphin dory eddy estuary ferry fjord flag fleet foam frigate galley gannet gull halyard harbour haven heron
herring horizon hull inlet island jetty kayak keel kelp ketch lagoon lantern limpet lobster lugger mackerel marina
marlin mast mooring mussel nautilus oar ocean orca osprey otter oyster paddle pelican penguin pier pilot plover port
porpoise prow puffin quay raft reef rigging rope rudder sail sailor salmon sandbar schooner seal shoal shore skiff
sloop sounder squid starboard starfish stern strait surf swell tender tern tide tiller trawler tug turtle urchin
vessel voyage walrus wave whale wharf winch yacht yawl`)
