package shim

// A sealed program can be executed, but not changed through what the container sees.
type sealed struct {
	path string
}

func seal(prog string) (*sealed, error) { return &sealed{path: prog}, nil }

func (s *sealed) close() {}
